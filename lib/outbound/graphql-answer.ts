import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Millis } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { ApiDeclaration, Fault } from '../providers/api.ts'
import { firstText } from './answer-reading.ts'
import type { ApiClient, TextAnswer } from './api-client.ts'
import { classify, type Verdict } from './classify.ts'
import { costOf, isBeyondReach, restoreWait, type GraphqlCost } from './graphql-cost.ts'
import { observe } from './rate-headers.ts'

/** One of an answer's errors, and the field it left empty. */
export interface GraphqlFault {
  readonly error: ApiError
  /** Names of fields and numbers of list members, from the root of the data; empty where it is not said. */
  readonly path: readonly (string | number)[]
}

export interface GraphqlAnswer {
  /** As it came; null or `undefined` where nothing was done. */
  readonly data: unknown
  readonly faults: readonly GraphqlFault[]
  readonly cost: GraphqlCost | undefined
}

/** The most errors that one answer is believed to have. */
const mostFaults = 1_000

/**
 * What a GraphQL answer holds, whatever its status: errors come with 200 as well as with 4xx and 5xx.
 * @throws ApiError for a failure that is not told in GraphQL; SluiceError `ANSWER_REFUSED` for what is no GraphQL answer.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Response
 */
export function readGraphql({ provider, api, clock }: ApiClient, answer: TextAnswer): GraphqlAnswer {
  const { status, headers, text } = answer
  const now = clock.now()
  const verdict = classify(api, { provider, status, headers, body: text, now })
  const document = documentOf(text)
  const errors = errorsOf(document)
  if (errors.length === 0 && verdict.kind === 'error') throw verdict.error
  if (document === undefined || (errors.length === 0 && !Object.hasOwn(document, 'data')))
    throw refused('it is no GraphQL answer')
  if (errors.length > mostFaults) throw refused(`it has more than ${mostFaults} errors`)
  const cost = costOf(document)
  const waitMs = restoreWait(cost, now) ?? waitOf(api, answer, now, verdict)
  const requestId = firstText({ headers, text, json: document }, api?.requestId)
  const faults = errors.map((each): GraphqlFault => {
    const code = codeOf(each)
    const kind = kindOf(code, verdict, cost, api)
    const facts = { provider, status, kind, code, detail: messageOf(each), requestId }
    const asksToWait = kind === 'throttled' || kind === 'exhausted' || kind === 'unavailable'
    return {
      error: new ApiError({ ...facts, retryAfterMs: asksToWait ? waitMs : undefined }),
      path: pathOf(each),
    }
  })
  return { data: document['data'], faults, cost }
}

function documentOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const document: unknown = JSON.parse(text)
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document)
    return isObject ? (document as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** What stands in the place of the list counts as one of it, so that no form of `errors` passes for success. */
function errorsOf(document: Readonly<Record<string, unknown>> | undefined): readonly unknown[] {
  const errors = document && Object.hasOwn(document, 'errors') ? document['errors'] : undefined
  if (errors === undefined || errors === null) return []
  return Array.isArray(errors) ? (errors as unknown[]) : [errors]
}

const codePlaces = ['/extensions/code', '/type', '/extensions/type', '/extensions/classification', '/code']

function codeOf(error: unknown): string | undefined {
  const codes = codePlaces.map((place) => readPointer(error, place))
  return codes.find((code): code is string => typeof code === 'string' && code !== '')
}

function messageOf(error: unknown): string | undefined {
  const message = typeof error === 'string' ? error : readPointer(error, '/message')
  return typeof message === 'string' ? message : undefined
}

function pathOf(error: unknown): readonly (string | number)[] {
  const path = readPointer(error, '/path')
  if (!Array.isArray(path)) return []
  return path.slice(0, 100).filter((step) => typeof step === 'string' || typeof step === 'number')
}

/** By the provider's own rules, by the words that servers share, by the status. */
function kindOf(
  code: string | undefined,
  verdict: Verdict,
  cost: GraphqlCost | undefined,
  api: ApiDeclaration | undefined,
): Exclude<ApiError['kind'], 'held' | 'disconnected'> {
  const byProvider = code && api?.errors?.rules?.find((rule) => rule.code?.includes(code))?.means
  const shared = code && words.get(code.toUpperCase().replaceAll(/[\s-]/g, '_'))
  const byStatus = verdict.kind === 'error' ? (verdict.error.kind as Fault) : api?.errors?.insideMeans
  const kind = byProvider || shared || byStatus || 'invalid'
  return kind === 'throttled' && isBeyondReach(cost) ? 'invalid' : kind
}

const wordsOf: Readonly<Partial<Record<Fault, string>>> = {
  throttled: 'THROTTLED RATE_LIMITED RATELIMITED RATE_LIMIT RATE_LIMIT_EXCEEDED TOO_MANY_REQUESTS',
  exhausted: 'QUOTA_EXCEEDED',
  unavailable:
    'INTERNAL_SERVER_ERROR INTERNAL_ERROR INTERNAL SERVICE_UNAVAILABLE UNAVAILABLE TIMEOUT SERVER_ERROR',
  expired: 'UNAUTHENTICATED UNAUTHORIZED AUTHENTICATION_ERROR INVALID_JWT',
  forbidden: 'FORBIDDEN ACCESS_DENIED PERMISSION_DENIED INSUFFICIENT_SCOPES SHOP_INACTIVE',
  conflict: 'CONFLICT STALE_DATA',
  missing: 'NOT_FOUND',
  invalid:
    'MAX_COST_EXCEEDED MAX_NODE_LIMIT_EXCEEDED MAX_COMPLEXITY_EXCEEDED BAD_USER_INPUT BAD_REQUEST GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED VALIDATION_FAILED OPERATION_RESOLUTION_FAILURE PERSISTED_QUERY_NOT_FOUND PERSISTED_QUERY_NOT_SUPPORTED',
}

const words = new Map(
  Object.entries(wordsOf).flatMap(([kind, codes]) => codes.split(' ').map((code) => [code, kind as Fault])),
)

/** By the headers, which speak on a 200 too; else what the provider is declared to want. */
function waitOf(
  api: ApiDeclaration | undefined,
  { headers }: TextAnswer,
  now: ReturnType<ApiClient['clock']['now']>,
  verdict: Verdict,
): Millis | undefined {
  if (verdict.kind === 'error' && verdict.error.retryAfterMs !== undefined) return verdict.error.retryAfterMs
  const { blockedUntil, remaining, resetAt } = observe(api, headers, now)
  const until = blockedUntil ?? (remaining === 0 ? resetAt : undefined)
  return until === undefined ? (api?.errors?.throttleWaitMs as Millis | undefined) : elapsed(now, until)
}

const refused = (why: string): SluiceError =>
  new SluiceError('ANSWER_REFUSED', `the answer can not be read: ${why}`)

import { classify } from '../outbound/classify.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { Answers } from './answers.ts'
import type { MockAccess } from './mock-access.ts'
import type { Heard, MockAnswer, MockRequest, Routes } from './mock-answer.ts'
import { rateCounter, rateHeadersOf, type MockRate } from './mock-rate.ts'
import { readMockRequest } from './mock-request.ts'
import { routeTable } from './mock-routes.ts'
import { nearest } from './nearest.ts'

export interface HearingDeps {
  readonly provider: string
  readonly api: ApiDeclaration | undefined
  readonly answer: Answers
  readonly access: MockAccess
  readonly bases: readonly string[]
  readonly routes: Routes
  readonly rate: MockRate | undefined
  readonly time: { readonly clock: Clock }
}

/** An answer; and why there is no route for the request, where that is so. */
interface Outcome {
  readonly answer: MockAnswer
  readonly repeated?: boolean
  readonly why?: string
}

export interface Hearing {
  hear(request: Request): Promise<{ readonly response: Response; readonly why: string | undefined }>
  readonly heard: readonly Heard[]
  readonly unexpected: readonly string[]
}

/** How a mock hears: credentials, limit, idempotency key, route; in the order of a provider's door. */
export function mockHearing(deps: HearingDeps): Hearing {
  const { provider, api, access, time } = deps
  const heard: Heard[] = []
  const unexpected: string[] = []
  const count = rateCounter(deps.rate ?? api?.limits?.[0] ?? { limit: 1_000_000, windowMs: 60_000 })
  const reply = repliesOf(deps)
  const basePaths = deps.bases.map((base) => new URL(base).pathname.replace(/\/$/, ''))
  const options = { api, basePaths, secretNames: access.names }
  return {
    heard,
    unexpected,
    async hear(request) {
      const isLetIn = access.lets(request)
      const read: MockRequest = { ...(await readMockRequest(request, options)), params: {} }
      const standing = count(time.clock)
      const at = heard.push({ ...read, status: 0, repeated: false }) - 1
      const outcome: Outcome = !isLetIn
        ? { answer: deps.answer.unauthorized() }
        : standing.over && deps.rate
          ? { answer: limited(deps.answer, standing.resetInMs) }
          : await reply(read, (params) => (heard[at] = { ...read, params, status: 0, repeated: false }))
      const { answer, repeated = false, why } = outcome
      if (why !== undefined) unexpected.push(why)
      heard[at] = {
        ...(heard[at] ?? { ...read, params: {} }),
        status: why === undefined ? answer.status : 0,
        repeated,
      }
      const rate = { ...standing, ...answer.rate }
      const headers = {
        ...rateHeadersOf(api, rate, time.clock),
        ...requestIdOf(provider, api, at + 1),
        ...answer.headers,
      }
      return { response: responseOf(request, answer, headers), why }
    },
  }
}

const limited = (answer: Answers, resetInMs: number): MockAnswer =>
  answer.throttled({ retryAfterSeconds: Math.max(1, Math.ceil(resetInMs / 1_000)) })

/** What is answered under a key is answered again; a failure that may pass is not kept, and another request is refused. */
function repliesOf({ provider, api, answer, routes, time }: HearingDeps) {
  const table = routeTable(routes)
  const kept = new Map<string, { readonly digest: string; readonly answer: MockAnswer }>()
  return async (request: MockRequest, found: (params: MockRequest['params']) => void): Promise<Outcome> => {
    const { method, path, idempotencyKey: key, text } = request
    const route = table.find(method, path)
    if (!route) {
      const why = strange(provider, method, path, table.names)
      return { answer: answer.raw(501, why, { 'content-type': 'text/plain' }), why }
    }
    found(route.params)
    const digest = `${method} ${path} ${text}`
    const before = key === undefined ? undefined : kept.get(key)
    if (before)
      return before.digest === digest
        ? { answer: before.answer, repeated: true }
        : { answer: answer.fault('invalid', { message: 'the key was used for another request' }) }
    const given = await route.reply({ ...request, params: route.params })
    if (key !== undefined && isFinal(provider, api, given, time.clock))
      kept.set(key, { digest, answer: given })
    return { answer: given }
  }
}

function isFinal(
  provider: string,
  api: ApiDeclaration | undefined,
  { status, headers, body }: MockAnswer,
  clock: Clock,
): boolean {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  const answer = { provider, status, headers: new Headers(headers), body: text, now: clock.now() }
  const verdict = classify(api, answer)
  return verdict.kind === 'ok' || !(verdict.error.retryable || verdict.error.kind === 'revoked')
}

function strange(provider: string, method: string, path: string, names: readonly string[]): string {
  const asked = `${method} ${path}`
  const near = nearest(asked, names)
  const others =
    names.length === 0 ? 'it has no route' : `it has ${names.map((name) => `"${name}"`).join(', ')}`
  return `the mock of ${provider} has no route for "${asked}": ${others}${near === undefined ? '' : `; the nearest is "${near}"`}`
}

function requestIdOf(
  provider: string,
  api: ApiDeclaration | undefined,
  number: number,
): Record<string, string> {
  const place = api?.requestId?.find((each) => 'header' in each)
  return place && 'header' in place ? { [place.header]: `mock-${provider}-${number}` } : {}
}

/** @see https://fetch.spec.whatwg.org/#null-body-status */
const bodiless = new Set([204, 205, 304])

function responseOf(
  { url, method }: Request,
  { status, body }: MockAnswer,
  headers: Readonly<Record<string, string>>,
): Response {
  const content =
    bodiless.has(status) || method === 'HEAD' ? null : typeof body === 'string' ? body : body.slice()
  const response = new Response(content, { status, headers })
  // Readers of lists look at where an answer came from; a response that is made says nothing.
  Object.defineProperty(response, 'url', { value: url })
  return response
}

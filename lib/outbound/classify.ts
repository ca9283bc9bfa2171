import { ApiError, type Action } from '../errors/api-error.ts'
import { elapsed, ms, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import type { ApiDeclaration, ErrorDeclaration, ErrorRule, Fault } from '../providers/api.ts'
import { firstText, fits, matches, readingOf, textsAt, type Reading } from './answer-reading.ts'
import { observe } from './rate-headers.ts'
import { statusMeans } from './statuses.ts'

export interface Answer {
  readonly provider: string
  readonly status: number
  readonly headers: Headers
  /** The body as text, or the head of one that is too long; `undefined` where there is none. */
  readonly body: string | undefined
  readonly now: EpochMs
  /** The call carried a cursor, so that the provider's word for "too old" is understood. */
  readonly withCursor?: boolean
  /** Taken out of every text that the error keeps: the access token, the key. */
  readonly secrets?: readonly Secret[]
}

export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly error: ApiError; readonly action: Action }

/**
 * What an answer means: by the provider's rules, then by its statuses, then by the table of all. Errors inside a 2xx are
 * found where the provider declares them; 204, 304 and an empty body are no errors. Never throws.
 */
export function classify(api: ApiDeclaration | undefined, answer: Answer): Verdict {
  const errors = api?.errors ?? {}
  const reading = readingOf(answer.headers, answer.body)
  const byStatus = errors.statuses?.[answer.status] ?? statusMeans(answer.status)
  const inside = byStatus === undefined && hidden(errors, reading)
  const html = errors.always === 'json' && isHtml(reading)
  if (byStatus === undefined && !inside && !html) return { kind: 'ok' }

  const codes = (errors.code ?? []).flatMap((place) => textsAt(reading, place))
  const detail = html ? undefined : firstText(reading, errors.message)
  const rule = errors.rules?.find((each) => holds(each, { status: answer.status, codes, detail, reading }))
  const kind =
    staleCursor(errors, answer) ??
    rule?.means ??
    byStatus ??
    (html ? 'unavailable' : (errors.insideMeans ?? 'invalid'))
  const error = new ApiError({
    provider: answer.provider,
    status: answer.status,
    kind,
    code: codes[0] ?? (html ? 'html_instead_of_json' : undefined),
    detail,
    requestId: firstText(reading, api?.requestId),
    retryAfterMs: waitOf(api, answer, kind, rule),
    retryable: asked.has(kind) ? providersWord(errors, answer.headers) : undefined,
    secrets: answer.secrets,
  })
  return { kind: 'error', error, action: error.action }
}

/**
 * Whether the body must be read before {@link classify} can judge: of every failure, and of a success where it may hide one.
 * Elsewhere a body can go to its reader unread.
 */
export function needsBody(api: ApiDeclaration | undefined, status: number, headers: Headers): boolean {
  const errors = api?.errors ?? {}
  if ((errors.statuses?.[status] ?? statusMeans(status)) !== undefined) return true
  return errors.inside !== undefined || (errors.always === 'json' && isHtmlType(headers))
}

const hidden = ({ inside = [] }: ErrorDeclaration, reading: Reading): boolean =>
  reading.text !== '' && inside.some((test) => fits(reading, test))

/** A page for people where a program's answer belongs: maintenance, a proxy, a sign-in. */
const isHtml = (reading: Reading): boolean =>
  reading.text !== '' &&
  (isHtmlType(reading.headers) || matches(String.raw`^<(?:!doctype html|html)\b`, reading.text)) &&
  reading.json === undefined

const isHtmlType = (headers: Headers): boolean => /^text\/html\b/i.test(headers.get('content-type') ?? '')

interface Found {
  readonly status: number
  readonly codes: readonly string[]
  readonly detail: string | undefined
  readonly reading: Reading
}

function holds(rule: ErrorRule, { status, codes, detail, reading }: Found): boolean {
  if (rule.status && !rule.status.includes(status)) return false
  if (rule.code && !rule.code.some((code) => codes.includes(code))) return false
  if (rule.message !== undefined && !matches(rule.message, detail)) return false
  if (!rule.header) return true
  const value = reading.headers.get(rule.header.name)
  return value !== null && (rule.header.equals === undefined || value.trim() === rule.header.equals)
}

const staleCursor = (errors: ErrorDeclaration, { status, withCursor }: Answer): Fault | undefined =>
  withCursor && (status === 410 || errors.staleCursor?.includes(status)) ? 'stale-cursor' : undefined

/** By `Retry-After`; a limit that is used up says when it is renewed; else by the rule. */
function waitOf(
  api: ApiDeclaration | undefined,
  { status, headers, now }: Answer,
  kind: Fault,
  rule: ErrorRule | undefined,
): Millis | undefined {
  if (kind !== 'throttled' && kind !== 'exhausted' && kind !== 'unavailable') return undefined
  const { blockedUntil, remaining, resetAt } = observe(api, headers, now, status)
  if (blockedUntil !== undefined) return elapsed(now, blockedUntil)
  if (kind === 'unavailable') return rule?.waitMs === undefined ? undefined : ms(rule.waitMs)
  if (resetAt !== undefined && remaining === 0) return elapsed(now, resetAt)
  const declared = rule?.waitMs ?? (kind === 'throttled' ? api?.errors?.throttleWaitMs : undefined)
  return declared === undefined ? undefined : ms(declared)
}

/** Whoever was throttled may come again, whatever the provider says of an immediate retry. */
const asked: ReadonlySet<Fault> = new Set(['unavailable', 'conflict', 'missing', 'invalid', 'payment'])

function providersWord({ shouldRetry }: ErrorDeclaration, headers: Headers): boolean | undefined {
  const word = shouldRetry && headers.get(shouldRetry.header)?.trim()
  if (!shouldRetry || word === undefined) return undefined
  return word === shouldRetry.yes ? true : word === shouldRetry.no ? false : undefined
}

import type { Millis } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { looksSecret, scrub } from './scrub.ts'
import type { Consequence } from './sluice-error.ts'

/** How bad it is for the operator: `info` mends itself, `warning` does if it stays rare, `error` needs someone, `critical` now. */
export type Severity = 'info' | 'warning' | 'error' | 'critical'

/** What the caller does next. `refresh`: once, with a fresh token. `merge`: re-fetch, merge, send again. `wait`: it was not done. */
export type Action = 'retry' | 'refresh' | 'wait' | 'merge' | 'give_up'

interface Meaning {
  readonly action: Action
  /** The same work can succeed later without anyone changing it. */
  readonly retryable: boolean
  readonly severity: Severity
  readonly consequence: Consequence
  /** What a breaker counts it as: only a fault of the provider is a failure, and to be throttled is no news of its health. */
  readonly breaker: 'success' | 'failure' | 'ignored'
  readonly advice: string
}

const meaning = (
  action: Action,
  severity: Severity,
  consequence: Consequence,
  breaker: Meaning['breaker'],
  advice: string,
): Meaning => ({ action, severity, consequence, breaker, advice, retryable: consequence === 'retry' })

/** Every kind of failed call, and what it entails. The one table of it. */
const meanings = {
  throttled: meaning('wait', 'warning', 'retry', 'ignored', 'wait, then send it again'),
  exhausted: meaning(
    'wait',
    'error',
    'retry',
    'ignored',
    'the quota is used up: wait for its renewal or raise it',
  ),
  unavailable: meaning('retry', 'warning', 'retry', 'failure', 'a fault of the provider: try again later'),
  expired: meaning('refresh', 'info', 'retry', 'success', 'refresh the access token, then try once more'),
  revoked: meaning(
    'give_up',
    'critical',
    'park',
    'success',
    'the credential is no longer good: connect again or set a new key',
  ),
  forbidden: meaning(
    'give_up',
    'error',
    'park',
    'success',
    'the credential lacks a permission: grant it at the provider',
  ),
  payment: meaning('give_up', 'error', 'park', 'success', 'a payment was refused or is due: settle it first'),
  conflict: meaning('merge', 'warning', 'retry', 'success', 'fetch it again, merge, send the result'),
  'stale-cursor': meaning(
    'give_up',
    'warning',
    'park',
    'success',
    'the cursor is too old: read the list from its start',
  ),
  missing: meaning('give_up', 'warning', 'park', 'success', 'it is not there: do not send this again'),
  invalid: meaning(
    'give_up',
    'error',
    'park',
    'success',
    'the request is wrong: mend it, do not send it again',
  ),
} as const satisfies Record<string, Meaning>

export type ApiErrorKind = keyof typeof meanings

/** What {@link ApiError} is made from. `detail` is the provider's own text, as it came. */
export interface ApiErrorFacts {
  readonly provider: string
  readonly status: number
  readonly kind: ApiErrorKind
  /** The provider's code. */
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMs?: Millis | undefined
  /** The provider's word on it, where it says one, instead of the kind's. */
  readonly retryable?: boolean | undefined
  /** Taken out of every text above. */
  readonly secrets?: readonly Secret[] | undefined
}

/** An answer of a provider that says failure. Holds no secret, no body, no address: message, code and id are scrubbed. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly provider: string
  /** The HTTP status; 200 too, for errors inside a success. */
  readonly status: number
  readonly kind: ApiErrorKind
  readonly code: string | undefined
  readonly requestId: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: Millis | undefined
  readonly action: Action

  constructor(facts: ApiErrorFacts, options?: { readonly cause?: unknown }) {
    const code = safeName(facts.code, 64, facts.secrets)
    const requestId = safeName(facts.requestId, 128, facts.secrets)
    super(messageOf(facts, code, requestId), options)
    const { action, retryable } = meanings[facts.kind]
    this.provider = facts.provider
    this.status = facts.status
    this.kind = facts.kind
    this.code = code
    this.requestId = requestId
    this.retryAfterMs = facts.retryAfterMs
    this.retryable = facts.retryable ?? retryable
    this.action = this.retryable === retryable ? action : this.retryable ? 'retry' : 'give_up'
  }

  get severity(): Severity {
    return meanings[this.kind].severity
  }

  get consequence(): Consequence {
    return this.retryable
      ? 'retry'
      : meanings[this.kind].consequence === 'retry'
        ? 'park'
        : meanings[this.kind].consequence
  }

  get breaker(): Meaning['breaker'] {
    return meanings[this.kind].breaker
  }
}

/** `slack answered 200 missing_scope: "…"; the credential lacks … (request 7f3)` */
function messageOf(facts: ApiErrorFacts, code: string | undefined, requestId: string | undefined): string {
  const detail = facts.detail === undefined ? '' : scrub(facts.detail, 200, facts.secrets)
  const said = detail === '' || detail === code ? '' : `: "${detail}"`
  const wait =
    facts.retryAfterMs === undefined ? '' : `, ${Math.ceil(facts.retryAfterMs / 1_000)} s by its word`
  const id = requestId === undefined ? '' : ` (request ${requestId})`
  const what = code === undefined ? '' : ` ${code}`
  return `${facts.provider} answered ${facts.status}${what}${said}; ${meanings[facts.kind].advice}${wait}${id}`
}

/** Codes and ids are words without blanks; what isn't one is not shown. */
function safeName(text: string | undefined, most: number, secrets?: readonly Secret[]): string | undefined {
  if (text === undefined || text.length > most || !/^[\w.:/+=#-]+$/.test(text)) return undefined
  return looksSecret(text, secrets) ? undefined : text
}

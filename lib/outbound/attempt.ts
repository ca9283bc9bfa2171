import { ApiError, type ApiErrorKind } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, isPast, later, ms, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { Deadline } from '../primitives/deadline.ts'
import type { Secret } from '../primitives/secret.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { readAnswer } from './answer-buffer.ts'
import type { Breaker, Entry, Outcome } from './breaker.ts'
import { classify } from './classify.ts'
import type { Share } from './limit-scopes.ts'
import type { Limiter, Priority } from './limiter.ts'
import { observe } from './rate-headers.ts'
import { sendFollowing, type RedirectOptions } from './redirects.ts'
import type { OutgoingRequest, Send } from './transport.ts'

/** How a call is let in: what is put on the request, and kept out of every text. */
export interface Credentials {
  readonly headers: Readonly<Record<string, Secret>>
  readonly query: Readonly<Record<string, Secret>>
}

export interface AttemptDeps {
  readonly send: Send
  readonly limiter: Limiter
  readonly breaker: Breaker
  readonly clock: Clock
  /** Told what came of each attempt; must not throw. */
  readonly tell?: (told: AttemptTold) => void
}

/** What is known of an attempt afterwards. `held` ones did not leave, and say why. */
export type AttemptTold =
  | { readonly kind: 'held'; readonly provider: string; readonly code: string | undefined }
  | {
      readonly kind: 'made'
      readonly provider: string
      readonly outcome: Outcome
      /** What the answer means, where it says failure. */
      readonly fault: ApiErrorKind | undefined
      readonly tookMs: Millis
    }

export interface Attempt {
  readonly provider: string
  readonly api: ApiDeclaration | undefined
  /** Without credentials. */
  readonly request: OutgoingRequest
  readonly credentials: Credentials
  /** What the call takes of which limits, the one for the fewest calls first. */
  readonly shares: readonly Share[]
  readonly priority: Priority
  readonly redirect: RedirectOptions['redirect']
  readonly trusted: boolean
  readonly maxBodyBytes: number
  readonly deadline: Deadline
  /** Told how long the breaker stays open that this attempt has opened, or found open when it had failed. */
  readonly asked?: ((waitMs: Millis) => void) | undefined
}

/** `sent`: it may have been heard. `held`: it did not leave, because it would have come to nothing or been too much. */
export type Tried =
  | { readonly kind: 'good'; readonly response: Response }
  | { readonly kind: 'bad'; readonly response: Response; readonly error: ApiError }
  | { readonly kind: 'unanswered'; readonly error: ApiError; readonly sent: boolean }
  | { readonly kind: 'held'; readonly error: ApiError }

/**
 * One request and its answer, let out by limiter and breaker, which hear what came of it.
 * @throws SluiceError `ADDRESS_REFUSED`, `ANSWER_REFUSED`; the deadline's reason once it is over.
 */
export async function tryOnce(attempt: Attempt, deps: AttemptDeps): Promise<Tried> {
  const { provider, api, deadline } = attempt
  const pass = await letOut(attempt, deps)
  if (pass.kind === 'held') {
    deps.tell?.({ kind: 'held', provider, code: pass.error.code })
    return pass
  }
  const leftAt = deps.clock.now()
  let outcome: Outcome = 'ignored'
  let fault: ApiErrorKind | undefined
  try {
    const answer = await sendFollowing(withCredentials(attempt), sending(attempt), deps.send)
    const { response, head } = await readAnswer(answer, api)
    const now = deps.clock.now()
    tellLimiter(attempt, response, now, deps.limiter)
    const verdict = classify(api, {
      provider,
      status: response.status,
      headers: response.headers,
      body: head,
      now,
      secrets: secretsOf(attempt.credentials),
    })
    outcome = verdict.kind === 'ok' ? 'success' : verdict.error.breaker
    fault = verdict.kind === 'ok' ? undefined : verdict.error.kind
    return verdict.kind === 'ok'
      ? { kind: 'good', response }
      : { kind: 'bad', response, error: verdict.error }
  } catch (error) {
    // Who gave up by himself says nothing of the other side; whom the deadline ended does.
    if (deadline.passed() || isUnavailable(error)) outcome = 'failure'
    if (deadline.signal.aborted || !isUnavailable(error)) throw error
    return { kind: 'unanswered', error: unreachable(provider, error), sent: !neverLeft.has(codeOf(error)) }
  } finally {
    deps.tell?.({ kind: 'made', provider, outcome, fault, tookMs: elapsed(leftAt, deps.clock.now()) })
    const openMs = await pass.report(outcome)
    if (openMs !== undefined) attempt.asked?.(openMs)
  }
}

type Held = Extract<Tried, { readonly kind: 'held' }>

/**
 * The breaker first, so that what is not let out takes nothing of the limit; and again after each wait for the limiter,
 * because it may have opened meanwhile. Who is to find out whether the provider is well keeps that right while it waits.
 * Waits take half of the time at most: what is let out must have time to be answered. The limiter has the last word, so that
 * nothing lies between its grant and the sending.
 */
async function letOut(attempt: Attempt, { limiter, breaker, clock }: AttemptDeps): Promise<Pass | Held> {
  const { provider, shares, priority, deadline } = attempt
  const latest = later(clock.now(), deadline.remainingMs() / 2)
  let entry = await breaker.enter(provider)
  let isGranted = false
  try {
    for (const { scope, cost } of shares) {
      while (entry.kind === 'pass') {
        const taken = await limiter.take(scope, { priority, cost, signal: deadline.signal })
        if (taken.kind === 'granted') break
        if (isPast(latest, later(clock.now(), taken.waitMs))) return held(provider, 'limited', taken.waitMs)
        await clock.sleep(taken.waitMs, deadline.signal)
        if (!entry.probe) entry = await breaker.enter(provider)
      }
    }
    isGranted = true
  } finally {
    if (!isGranted && entry.kind === 'pass') await entry.report('ignored')
  }
  return entry.kind === 'open' ? held(provider, 'breaker_open', entry.retryAfterMs) : entry
}

/** What is left is told of the limit for the fewest calls; to be sent away holds for all. */
function tellLimiter(
  { api, shares }: Attempt,
  { status, headers }: Response,
  now: EpochMs,
  limiter: Limiter,
): void {
  const seen = observe(api, headers, now, status)
  for (const [index, { scope }] of shares.entries()) {
    if (index === 0) limiter.observe(scope, seen)
    else if (seen.blockedUntil !== undefined) limiter.observe(scope, { blockedUntil: seen.blockedUntil })
  }
}

function withCredentials({ request, credentials }: Attempt): OutgoingRequest {
  const headers = new Headers(request.headers)
  const url = new URL(request.url)
  for (const [name, value] of Object.entries(credentials.headers)) headers.set(name, value.reveal())
  for (const [name, value] of Object.entries(credentials.query)) url.searchParams.set(name, value.reveal())
  return { ...request, url, headers }
}

const sending = ({ deadline, maxBodyBytes, trusted, redirect, credentials }: Attempt): RedirectOptions => ({
  signal: deadline.signal,
  maxBodyBytes,
  trusted,
  redirect,
  credentialHeaders: new Set(Object.keys(credentials.headers).map((name) => name.toLowerCase())),
  credentialQuery: Object.keys(credentials.query),
})

const secretsOf = ({ headers, query }: Credentials): readonly Secret[] => [
  ...Object.values(headers),
  ...Object.values(query),
]

const isUnavailable = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && error.code === 'DESTINATION_UNAVAILABLE'

type Pass = Extract<Entry, { readonly kind: 'pass' }>

const held = (provider: string, code: string, waitMs: Millis): Held => ({
  kind: 'held',
  error: new ApiError({ provider, status: 0, kind: 'held', code, retryAfterMs: ms(Math.max(0, waitMs)) }),
})

/** What goes wrong before a byte of the request is on its way. */
const neverLeft = new Set(['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'])

const codeOf = ({ cause }: SluiceError): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : ''

const unreachable = (provider: string, cause: SluiceError): ApiError =>
  new ApiError({ provider, status: 0, kind: 'unreachable', detail: cause.message }, { cause })

import { outbound as limits } from '../config/defaults.ts'
import type { ApiError } from '../errors/api-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { elapsed, ms, type Millis } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { RetryBudget } from '../primitives/retry-budget.ts'
import { tryOnce, type Attempt, type AttemptDeps, type Credentials, type Tried } from './attempt.ts'
import { isRepeatable } from './repeatable.ts'

export interface CallDeps extends AttemptDeps {
  readonly random: Random
  /** Shared by all calls of this process, so that nested retries do not multiply. */
  readonly budget: RetryBudget
}

export interface Call<C extends Credentials = Credentials> extends Omit<Attempt, 'credentials'> {
  /** Most attempts, the first one included. */
  readonly attempts: number
  /** How the connection is let in; by fresh credentials where `refused` is what the provider has just refused. */
  readonly authorize: (refused?: C) => Promise<C>
  /** The provider refused credentials that can't be fresher. */
  readonly locked: (refused: C) => Promise<void>
}

/** The provider's last word, good or bad; or that there is none. */
export interface Called {
  readonly response?: Response
  /** Missing for a good answer. */
  readonly error?: ApiError
  readonly attempts: number
  /** What the last attempt was let in by. */
  readonly credentials: Credentials
}

type Failed = Exclude<Tried, { readonly kind: 'good' }>

/**
 * Makes a call until it is answered for good, within its deadline: what may be repeated is, after the wait that the provider
 * asks for or full jitter, as far as the retry budget of its host goes; refused credentials are renewed once.
 * @throws SluiceError `ADDRESS_REFUSED`, `ANSWER_REFUSED`; what `authorize` throws; the deadline's reason once it is over.
 */
export async function makeCall<C extends Credentials>(call: Call<C>, deps: CallDeps): Promise<Called> {
  deps.budget.request(call.request.url.host)
  let credentials = await call.authorize()
  let renewed = false
  for (let attempts = 1; ; attempts += 1) {
    const tried = await tryOnce({ ...call, credentials }, deps)
    if (tried.kind === 'good') return { response: tried.response, attempts, credentials }
    if (tried.error.action === 'refresh' && !renewed) {
      renewed = true
      credentials = await call.authorize(credentials)
      continue
    }
    if (tried.error.kind === 'expired' || tried.error.kind === 'revoked') await call.locked(credentials)
    const delayMs = pauseAfter(attempts, tried, call, deps)
    if (delayMs === undefined) return { ...outcomeOf(tried), attempts, credentials }
    await deps.clock.sleep(delayMs, call.deadline.signal)
  }
}

const outcomeOf = (tried: Failed): Pick<Called, 'response' | 'error'> =>
  tried.kind === 'bad' ? { response: tried.response, error: tried.error } : { error: tried.error }

/** How long to wait before the next attempt; `undefined` when there is none. */
function pauseAfter(
  attempts: number,
  tried: Failed,
  { request, api, attempts: most, deadline }: Pick<Call, 'request' | 'api' | 'attempts' | 'deadline'>,
  { clock, random, budget }: CallDeps,
): Millis | undefined {
  const { error } = tried
  const heard = tried.kind === 'bad' ? error.action !== 'wait' : tried.kind === 'unanswered' && tried.sent
  if (attempts >= most || tried.kind === 'held' || !mayPass(error)) return undefined
  if (heard && !isRepeatable(request, api)) return undefined
  const delayMs = ms(Math.max(error.retryAfterMs ?? 0, fullJitter(limits.retry, attempts, random)))
  if (delayMs >= elapsed(clock.now(), deadline.at)) return undefined
  return budget.allows(request.url.host) ? delayMs : undefined
}

/** What the next attempt may find otherwise. */
const mayPass = ({ action }: ApiError): boolean => action === 'retry' || action === 'wait'

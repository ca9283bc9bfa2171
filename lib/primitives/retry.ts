import { checkBackoff, fullJitter, type BackoffPolicy, type Jitter } from './backoff.ts'
import { isPast, later, ms, type Clock, type EpochMs, type Millis } from './clock.ts'
import { longestDelayMs, whole } from './options.ts'
import type { Random } from './random.ts'
import type { RetryBudget } from './retry-budget.ts'

/** One try at a task. */
export interface Attempt<Signal extends AbortSignal | undefined = AbortSignal | undefined> {
  /** Counted from 1. */
  readonly number: number
  /** Aborts when nobody wants the answer any more. */
  readonly signal: Signal
}

/** How often a task is tried, and when again. */
export interface RetryPolicy {
  /** Tries in all, the first included, 1 or more. */
  readonly attempts: number
  readonly backoff: BackoffPolicy
  /** By default {@link fullJitter}. */
  readonly jitter?: Jitter
  /**
   * Whether this error may pass by itself: `false` throws it, `true` waits by the backoff, a number waits for exactly so many
   * milliseconds (what a `Retry-After` asked). By default every error but aborts and mistakes in the program.
   */
  readonly retryable?: (error: unknown, attempt: number) => boolean | Millis
  /** Shared by all callers of a host, so that nested retries do not multiply. */
  readonly budget?: { readonly of: RetryBudget; readonly host: string }
}

export interface RetryOptions extends RetryPolicy {
  /** Ends the waiting at once; given to each attempt. */
  readonly signal?: AbortSignal
  /** No wait goes up to or past this instant: the last error is thrown instead. */
  readonly deadline?: EpochMs
}

/** What reads time and chance for a primitive. */
export interface RetryDeps {
  readonly clock: Clock
  readonly random: Random
}

/** An error that the next attempt would only repeat: the program's own mistake, or an abort. A failed fetch is a `TypeError` with a cause. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'AbortError') return true
  if (error instanceof TypeError) return error.cause === undefined
  return error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError
}

/** How far a call has come. */
interface Progress {
  /** Attempts made. */
  readonly attempt: number
  /** The wait before the last of them. */
  readonly previous: Millis | undefined
  readonly deadline: EpochMs | undefined
}

/** Throws `RangeError` or `TypeError` that names the option. */
export function checkRetry({ attempts, backoff }: RetryPolicy): void {
  whole('attempts', attempts, 1, 1_000)
  checkBackoff(backoff)
}

/**
 * How long to wait before the attempt after `attempt`, or `undefined` when there is to be none: the attempts are used up, the
 * error will not pass, the budget is spent, or the wait would reach the deadline.
 */
export function nextWait(
  error: unknown,
  { attempt, previous, deadline }: Progress,
  options: RetryPolicy,
  { clock, random }: RetryDeps,
): Millis | undefined {
  if (attempt >= options.attempts) return undefined
  const answer = options.retryable ? options.retryable(error, attempt) : !isFinal(error)
  if (answer === false) return undefined
  const asked = typeof answer === 'number' && answer >= 0
  const jitter = options.jitter ?? fullJitter
  const wait = asked ? answer : jitter(options.backoff, attempt, random, previous)
  if (deadline !== undefined && isPast(deadline, later(clock.now(), wait))) return undefined
  // Asked last: a retry that is not made must not be paid for.
  if (options.budget && !options.budget.of.allows(options.budget.host)) return undefined
  return ms(Math.min(wait, longestDelayMs))
}

/**
 * Runs `task` until it succeeds, at most `attempts` times. The last error is thrown as it is; there is no wait after the last
 * attempt and none that would reach the deadline. An abort ends it at once, with the signal's reason.
 * @example await retry(({ signal }) => fetch(url, { signal }), { attempts: 3, backoff }, { clock, random })
 */
export async function retry<T>(
  task: (attempt: Attempt) => Promise<T>,
  options: RetryOptions,
  deps: RetryDeps,
): Promise<T> {
  checkRetry(options)
  const { signal, deadline } = options
  options.budget?.of.request(options.budget.host)
  let previous: Millis | undefined
  for (let number = 1; ; number += 1) {
    signal?.throwIfAborted()
    try {
      return await task({ number, signal })
    } catch (error) {
      signal?.throwIfAborted()
      previous = nextWait(error, { attempt: number, previous, deadline }, options, deps)
      if (previous === undefined) throw error
    }
    await deps.clock.sleep(previous, signal)
  }
}

import { ms, type Millis } from './clock.ts'
import { longestDelayMs, notNegative } from './options.ts'
import type { Random } from './random.ts'

/** How long to wait after failed attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait, milliseconds. */
  readonly baseMs: number
  /** Upper bound of every wait, milliseconds. */
  readonly capMs: number
}

/**
 * A wait after the failed attempt number `attempt`, counted from 1: whole milliseconds in [0, cap]. `previous` is the wait
 * before this one; only {@link decorrelatedJitter} reads it.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export type Jitter = (policy: BackoffPolicy, attempt: number, random: Random, previous?: Millis) => Millis

const ceilingOf = (policy: BackoffPolicy, attempt: number): number =>
  Math.min(policy.capMs, policy.baseMs * 2 ** Math.max(0, attempt - 1))

/** A whole number, uniform in [0, most]. */
const upTo = (most: number, random: Random): number => Math.floor(random.fraction() * (most + 1))

/** Full jitter: uniform in [0, min(cap, base * 2^(attempt-1))]. Spreads callers widest; the choice unless a wait of 0 is bad. */
export function fullJitter(policy: BackoffPolicy, attempt: number, random: Random): Millis {
  return ms(upTo(ceilingOf(policy, attempt), random))
}

/** Equal jitter: uniform in the upper half of what {@link fullJitter} may give, so that a wait is never near 0. */
export function equalJitter(policy: BackoffPolicy, attempt: number, random: Random): Millis {
  const ceiling = ceilingOf(policy, attempt)
  const half = Math.floor(ceiling / 2)
  return ms(half + upTo(ceiling - half, random))
}

/** Decorrelated jitter: uniform in [base, min(cap, 3 * previous wait)], the first one in [base, 3 * base]. */
export function decorrelatedJitter(
  policy: BackoffPolicy,
  _attempt: number,
  random: Random,
  previous: Millis = ms(policy.baseMs),
): Millis {
  const least = Math.min(policy.baseMs, policy.capMs)
  const most = Math.min(policy.capMs, Math.max(least, previous) * 3)
  return ms(least + upTo(most - least, random))
}

/** Throws `RangeError` or `TypeError` for a policy whose waits no timer could keep. */
export function checkBackoff({ baseMs, capMs }: BackoffPolicy): void {
  notNegative('baseMs', baseMs)
  if (notNegative('capMs', capMs) > longestDelayMs)
    throw new RangeError(`capMs must be at most ${longestDelayMs}, got ${capMs}`)
  if (baseMs > capMs) throw new RangeError(`baseMs ${baseMs} is above capMs ${capMs}`)
}

import { ms, type Millis } from './clock.ts'
import type { Random } from './random.ts'

/** How long to wait after failed attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait, milliseconds. */
  readonly baseMs: number
  /** Upper bound of every wait, milliseconds. */
  readonly capMs: number
}

/**
 * Full jitter: uniform in [0, min(cap, base * 2^(attempt-1))], `attempt` counted from 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitter(policy: BackoffPolicy, attempt: number, random: Random): Millis {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.max(0, attempt - 1))
  return ms(Math.floor(random.fraction() * (ceiling + 1)))
}

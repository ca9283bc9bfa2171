import type { Clock } from './clock.ts'
import { positive, whole } from './options.ts'
import { windowCounts } from './window-counts.ts'

/**
 * The decision of a circuit breaker: when have a closed breaker's outcomes become bad enough? It keeps its own counts and knows
 * nothing of states. It is given the clock, not the instant, because most outcomes need none.
 */
export interface Trip {
  success(clock: Clock): void
  /** `true`: open the breaker. */
  failure(clock: Clock): boolean
  /** The breaker has closed again: what was counted before says nothing any more. */
  clear(): void
}

/** Trips at the `limit`th failure in a row. Never trips on a host that fails every second time. */
export function consecutiveFailures(limit: number): () => Trip {
  whole('limit', limit, 1)
  return () => {
    let failures = 0
    return {
      success: () => {
        failures = 0
      },
      failure: () => (failures += 1) >= limit,
      clear: () => {
        failures = 0
      },
    }
  }
}

export interface FailureRate {
  /** Share of the outcomes that failed, in (0, 1]. */
  readonly threshold: number
  /** Milliseconds. */
  readonly windowMs: number
  /** Below this number of outcomes in the window nothing is decided. */
  readonly minimum: number
}

const succeeded = 0
const failed = 1

/** Trips when the window that ends now holds at least `minimum` outcomes and at least `threshold` of them failed. */
export function failureRate({ threshold, windowMs, minimum }: FailureRate): () => Trip {
  if (positive('threshold', threshold) > 1)
    throw new RangeError(`threshold must be at most 1, got ${threshold}`)
  positive('windowMs', windowMs)
  whole('minimum', minimum, 1)
  return () => {
    const counts = windowCounts(windowMs)
    return {
      success: (clock) => counts.add(succeeded, clock.now()),
      failure: (clock) => {
        const now = clock.now()
        counts.add(failed, now)
        const failures = counts.recent(failed, now)
        const outcomes = failures + counts.recent(succeeded, now)
        return outcomes >= minimum && failures >= threshold * outcomes
      },
      clear: () => counts.clear(),
    }
  }
}

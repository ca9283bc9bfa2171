import type { Metrics } from '../telemetry/metrics.ts'
import type { AttemptTold } from './attempt.ts'

/**
 * Counts attempts by provider. `CallFailed`: the other side was not there, or said that it is ill. `CallThrottled`: it asked to
 * come back later. `CallRefused`: it answered no, as it does to a wrong request; that says nothing of its health.
 */
export const callMetrics =
  (metrics: Metrics) =>
  (told: AttemptTold): void => {
    const { provider } = told
    if (told.kind === 'held')
      return metrics.count(told.code === 'breaker_open' ? 'BreakerBlocked' : 'CallLimited', { provider })
    const { outcome, fault, tookMs } = told
    // Whoever gave up by himself has heard nothing.
    if (outcome === 'ignored' && fault === undefined) return
    metrics.count('CallMade', { provider })
    metrics.measure('CallLatency', tookMs, { provider })
    if (fault === 'throttled' || fault === 'exhausted') metrics.count('CallThrottled', { provider })
    else if (outcome === 'failure') metrics.count('CallFailed', { provider })
    else if (fault !== undefined) metrics.count('CallRefused', { provider })
  }

/** Counts the openings and closings of breakers; the key is the provider. */
export const breakerMetrics =
  (metrics: Metrics) =>
  (provider: string, state: 'open' | 'closed'): void =>
    metrics.count(state === 'open' ? 'BreakerOpened' : 'BreakerClosed', { provider })

import type { Clock } from './clock.ts'
import { notNegative, positive, whole } from './options.ts'
import { windowCounts, type WindowCounts } from './window-counts.ts'

/** Bounds what retries may add to the traffic of a host, over all that call it (I26). */
export interface RetryBudget {
  /** A request that is new, not a retry. */
  request(host: string): void
  /** Whether one retry may leave now. A `true` is spent: ask only when the retry will be made. */
  allows(host: string): boolean
}

export interface RetryBudgetOptions {
  /** Retries per request: 0.1 lets one in ten be retried once. */
  readonly ratio: number
  /** Retries per window that are always allowed, so that a quiet host can be retried at all. */
  readonly minPerWindow: number
  /** Milliseconds. */
  readonly windowMs: number
  readonly clock: Clock
}

const request = 0
const again = 1
/** Hosts that are remembered. Beyond it the oldest is forgotten, and with it what it has spent. */
const mostHosts = 1_024

/**
 * At the instant of each retry, the retries of the window that ends there are at most `ratio` times the new requests of the same
 * window, plus `minPerWindow`. Requests count for a little less than the window and retries for a little more, never the
 * other way.
 */
export function retryBudget({ ratio, minPerWindow, windowMs, clock }: RetryBudgetOptions): RetryBudget {
  notNegative('ratio', ratio)
  whole('minPerWindow', minPerWindow, 0)
  positive('windowMs', windowMs)
  const hosts = new Map<string, WindowCounts>()
  const countsOf = (host: string): WindowCounts => {
    const known = hosts.get(host)
    if (known) return known
    if (hosts.size >= mostHosts) forgetOne(hosts, clock)
    const counts = windowCounts(windowMs)
    hosts.set(host, counts)
    return counts
  }
  return {
    request: (host) => countsOf(host).add(request, clock.now()),
    allows(host) {
      const counts = countsOf(host)
      const now = clock.now()
      const allowed = minPerWindow + ratio * counts.recent(request, now)
      if (counts.recentAtMost(again, now) + 1 > allowed) return false
      counts.add(again, now)
      return true
    },
  }
}

/** An idle host if there is one: forgetting it costs nothing. */
function forgetOne(hosts: Map<string, WindowCounts>, clock: Clock): void {
  const now = clock.now()
  let oldest: string | undefined
  for (const [host, counts] of hosts) {
    oldest ??= host
    if (!counts.idle(now)) continue
    oldest = host
    break
  }
  if (oldest !== undefined) hosts.delete(oldest)
}

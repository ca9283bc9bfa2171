import type { Clock } from './clock.ts'
import type { Rate } from './gcra.ts'
import { notNegative, positive } from './options.ts'
import { waitingLine, type LocalLimiter } from './waiting-line.ts'

/**
 * A bucket of `burst` tokens, full at first, that refills with `limit` tokens per window, evenly. Any stretch of time W grants
 * at most `limit / windowMs * W + burst`. A clock that goes back refills nothing and holds nobody up.
 */
export function tokenBucket(rate: Rate, { clock }: { readonly clock: Clock }): LocalLimiter {
  const perMs = positive('limit', rate.limit) / positive('windowMs', rate.windowMs)
  const burst = positive('burst', rate.burst ?? Math.max(1, rate.limit))
  if (burst < 1) throw new RangeError(`burst must be 1 or more, got ${burst}`)
  let tokens = burst
  let refilledAt = clock.now()

  const check = (cost: number): void => {
    if (notNegative('cost', cost) > burst) throw new RangeError(`cost ${cost} is above the burst of ${burst}`)
  }
  const spend = (cost: number): boolean => {
    const now = clock.now()
    if (now > refilledAt) tokens = Math.min(burst, tokens + (now - refilledAt) * perMs)
    refilledAt = now
    if (tokens < cost) return false
    tokens -= cost
    return true
  }
  return waitingLine({ check, spend, waitMs: (cost) => (cost - tokens) / perMs }, clock)
}

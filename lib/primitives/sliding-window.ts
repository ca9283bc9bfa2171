import type { Clock } from './clock.ts'
import { positive, whole } from './options.ts'
import { waitingLine, type LocalLimiter } from './waiting-line.ts'

/** More would be memory without use: 8 MB. */
const mostGrants = 1_000_000

/**
 * At most `limit` grants in any stretch of `windowMs`, exactly: the last `limit` grants are remembered, 8 bytes each. Costs are
 * whole numbers. For providers that count and refuse; a token bucket takes less memory and lets through up to twice as many.
 */
export function slidingWindow(
  rate: { readonly limit: number; readonly windowMs: number },
  { clock }: { readonly clock: Clock },
): LocalLimiter {
  const limit = whole('limit', rate.limit, 1, mostGrants)
  const windowMs = positive('windowMs', rate.windowMs)
  /** A ring: `next` is the oldest grant and the place of the next one. */
  const grants = new Float64Array(limit).fill(-Infinity)
  let next = 0
  let newest = -Infinity

  /** The clock went back: what was granted "later" is taken as granted now, so that it ends within one window. */
  const settle = (now: number): void => {
    for (const [index, grant] of grants.entries()) if (grant > now) grants[index] = now
    newest = now
  }
  /** The grant that must have left the window before `cost` more fit in. */
  const last = (cost: number): number => grants[(next + cost - 1) % limit] ?? -Infinity
  const check = (cost: number): number => whole('cost', cost, 0, limit)
  const spend = (cost: number): boolean => {
    const now = clock.now()
    if (now < newest) settle(now)
    if (cost > 0 && last(cost) + windowMs > now) return false
    for (let taken = 0; taken < cost; taken += 1) {
      grants[next] = now
      next = (next + 1) % limit
    }
    newest = Math.max(newest, now)
    return true
  }
  return waitingLine({ check, spend, waitMs: (cost) => last(cost) + windowMs - clock.now() }, clock)
}

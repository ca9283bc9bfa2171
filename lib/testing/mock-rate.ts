import { toSeconds, later, type Clock } from '../primitives/clock.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { RateHeaders } from '../providers/limits.ts'

/** At most `limit` requests in `windowMs`, milliseconds; windows follow one another. */
export interface MockRate {
  readonly limit: number
  readonly windowMs: number
}

export interface RateStanding {
  readonly limit: number
  readonly remaining: number
  readonly resetInMs: number
}

/** Counts requests in windows that begin with the first one. */
export function rateCounter({
  limit,
  windowMs,
}: MockRate): (clock: Clock) => RateStanding & { over: boolean } {
  let endsAt = -Infinity
  let used = 0
  return (clock) => {
    const now = clock.now()
    if (now >= endsAt) {
      endsAt = now + windowMs
      used = 0
    }
    used += 1
    return { limit, remaining: Math.max(0, limit - used), resetInMs: endsAt - now, over: used > limit }
  }
}

/** The standing in the provider's own header fields and units; none where it declares none. */
export const rateHeadersOf = (
  api: ApiDeclaration | undefined,
  standing: RateStanding,
  clock: Clock,
): Record<string, string> =>
  Object.assign({}, ...(api?.rateHeaders ?? []).map((names) => fieldsOf(names, standing, clock)))

function fieldsOf(
  { limit, remaining, reset, resource }: RateHeaders,
  standing: RateStanding,
  clock: Clock,
): Record<string, string> {
  const at = later(clock.now(), standing.resetInMs)
  const inUnit = {
    s: Math.ceil(standing.resetInMs / 1_000),
    ms: standing.resetInMs,
    'epoch-s': toSeconds(later(at, 999)),
    'epoch-ms': at,
  }
  return {
    ...(limit !== undefined && { [limit]: String(standing.limit) }),
    [remaining]: String(standing.remaining),
    ...(reset && { [reset.header]: String(inUnit[reset.unit]) }),
    ...(resource !== undefined && { [resource]: 'core' }),
  }
}

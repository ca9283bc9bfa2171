import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import type { Limiter, LimitScope, Priority } from '#lib/outbound/limiter.ts'
import { ms, type EpochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { SlotWindow } from '#lib/primitives/time-slots.ts'
import { sharedTable, type SharedTableOptions } from '#test/fakes/shared-table.ts'
import { skewed, virtualClock } from '#test/fakes/virtual-clock.ts'

export interface LimiterWorldOptions extends Partial<Omit<SharedTableOptions, 'clock' | 'random'>> {
  readonly seed?: number
  readonly workers?: number
  /** Clocks are wrong by up to this. */
  readonly skewMs?: number
  readonly windows: readonly SlotWindow[]
  readonly maxSandboxes?: number
  /** The adapter under test, where it is not the one of the product. */
  readonly make?: typeof dynamoLimiter
}

/** Workers with a limiter each over one table, and every call that was let through, by the true time. */
export function limiterWorld(options: LimiterWorldOptions) {
  const { seed = 1, workers = 1, skewMs = 0, windows, maxSandboxes, make = dynamoLimiter, ...table } = options
  const clock = virtualClock()
  const random = seededRandom(seed)
  const shared = sharedTable({ clock, random, ...table })
  const scope: LimitScope = { provider: 'acme', scope: 'app', windows }
  const started = (): Limiter =>
    make({
      client: shared.client,
      table: 'control',
      clock: skewed(clock, ms(Math.floor((random.fraction() * 2 - 1) * skewMs))),
      random,
      ...(maxSandboxes !== undefined && { maxSandboxes }),
    })
  const limiters = Array.from({ length: workers }, started)
  const grants: { at: EpochMs; priority: Priority; cost: number; waited: number }[] = []

  /** Takes until `until`, again and again; each call that was let through is followed by `restMs`. */
  const caller = async (
    limiter: Limiter,
    { until, priority = 'poll', restMs = () => 0, cost = 1 }: CallerOptions,
  ): Promise<void> => {
    for (let since = clock.now(); clock.now() < until;) {
      const taken = await limiter.take(scope, { priority, cost })
      if (taken.kind === 'wait') await clock.sleep(taken.waitMs)
      else {
        grants.push({ at: clock.now(), priority, cost, waited: clock.now() - since })
        const rest = restMs()
        if (rest > 0) await clock.sleep(ms(rest))
        since = clock.now()
      }
    }
  }
  /** Lets time pass until all of it has ended. */
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false
    const done = work.finally(() => (settled = true))
    done.catch(() => {})
    while (!settled && (await clock.next()));
    return done
  }
  return { clock, random, shared, scope, limiters, started, grants, caller, run }
}

interface CallerOptions {
  readonly until: number
  readonly priority?: Priority
  readonly restMs?: () => number
  readonly cost?: number
}

/** The most calls in any window of that length, wherever it begins. */
export function most(
  grants: readonly { readonly at: number; readonly cost: number }[],
  windowMs: number,
): number {
  let worst = 0
  let inside = 0
  for (let first = 0, next = 0; first < grants.length; first += 1) {
    for (; (grants[next]?.at ?? Infinity) < (grants[first]?.at ?? 0) + windowMs; next += 1)
      inside += grants[next]?.cost ?? 0
    worst = Math.max(worst, inside)
    inside -= grants[first]?.cost ?? 0
  }
  return worst
}

/** I24: by how many calls a window was passed, over every window that begins and ends with a call; 0 or less keeps it. */
export function excess(
  grants: readonly { readonly at: number; readonly cost: number }[],
  { limit, windowMs, burst }: SlotWindow,
): number {
  if (burst === undefined) return most(grants, windowMs) - limit
  let worst = -Infinity
  let lowest = Infinity
  let sum = 0
  for (const { at, cost } of grants) {
    // Sum up to a call less what the pace allows until then: the greatest rise of that line is the burst that was used.
    lowest = Math.min(lowest, sum - (limit * at) / windowMs)
    sum += cost
    worst = Math.max(worst, sum - (limit * at) / windowMs - lowest)
  }
  return worst - burst - 1e-6
}

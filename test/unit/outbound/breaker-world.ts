import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import type { Breaker, Outcome } from '#lib/outbound/breaker.ts'
import { ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { BreakerPolicy } from '#lib/outbound/breaker-standing.ts'
import { sharedTable, type SharedTableOptions } from '#test/fakes/shared-table.ts'
import { skewed, virtualClock } from '#test/fakes/virtual-clock.ts'

export interface BreakerWorldOptions extends Partial<Omit<SharedTableOptions, 'clock' | 'random'>> {
  readonly seed?: number
  readonly workers?: number
  /** Clocks are wrong by up to this. */
  readonly skewMs?: number
  readonly policy?: BreakerPolicy
  /** The adapter under test, where it is not the one of the product. */
  readonly make?: typeof dynamoBreaker
  readonly changed?: (key: string, state: string) => void
}

/** Workers with a breaker each over one table, and what became of their calls. */
export function breakerWorld(options: BreakerWorldOptions = {}) {
  const { seed = 1, workers = 2, skewMs = 0, policy, make = dynamoBreaker, changed, ...table } = options
  const clock = virtualClock()
  const random = seededRandom(seed)
  const shared = sharedTable({ clock, random, ...table })
  const breakers: Breaker[] = Array.from({ length: workers }, () =>
    make({
      client: shared.client,
      table: 'control',
      clock: skewed(clock, ms(Math.floor((random.fraction() * 2 - 1) * skewMs))),
      random,
      ...(policy && { policy }),
      ...(changed && { changed }),
    }),
  )
  /** Lets time pass until `work` has settled. */
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false
    const done = work.finally(() => (settled = true))
    done.catch(() => {})
    while (!settled && (await clock.next()));
    return done
  }
  const enter = (worker: number) =>
    run(breakers[worker]?.enter('acme') ?? Promise.reject(new Error('no worker')))
  /** One call of one worker that ends as said; `open` when it was not let through. */
  const call = async (worker: number, outcome: Outcome): Promise<'pass' | 'probe' | 'open'> => {
    const entry = await enter(worker)
    if (entry.kind === 'open') return 'open'
    await run(entry.report(outcome))
    return entry.probe ? 'probe' : 'pass'
  }
  const calls = async (count: number, worker: number, outcome: Outcome) => {
    const seen: string[] = []
    for (let i = 0; i < count; i += 1) seen.push(await call(worker, outcome))
    return seen
  }
  return { clock, random, shared, breakers, enter, call, calls, run }
}

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ms, type Clock, type Millis } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import { assertCount } from '../primitives/time-slots.ts'
import { trueTime } from '../primitives/true-time.ts'
import { enterBreaker } from './breaker-entry.ts'
import { breakerItems } from './breaker-items.dynamo.ts'
import { knownBreaker, type BreakerDeps, type KnownBreaker } from './breaker-known.ts'
import { defaultBreaker, type BreakerPolicy } from './breaker-standing.ts'
import type { Breaker } from './breaker.ts'

export interface DynamoBreakerOptions {
  /** From `lib/aws/dynamodb.ts`: its answers carry the server's time. Without that, the own clock counts as wrong by 30 s. */
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
  readonly clock: Clock
  readonly random: Random
  readonly policy?: BreakerPolicy
  /** Told when this worker has opened or closed one. */
  readonly changed?: BreakerDeps['changed']
  /** A store that takes longer than this counts as down. 500 ms unless said. */
  readonly requestMs?: Millis
}

/** Keys in memory, the least used go first. */
const keepKeys = 1_000

/**
 * {@link Breaker} over all workers. Healthy: nothing is written, and each worker reads at most once a second. Failures are
 * told at most once a second, and from then on the other workers' calls too, so that few calls of many workers count
 * together.
 */
export function dynamoBreaker(options: DynamoBreakerOptions): Breaker {
  const { clock, random, policy = defaultBreaker, requestMs = ms(500) } = options
  assertPolicy(policy)
  assertCount('requestMs', requestMs)
  const time = trueTime(clock)
  const items = breakerItems({ ...options, time, requestMs }, policy)
  const store = { downUntil: 0, downSince: Infinity }
  const deps: BreakerDeps = { clock, random, time, items, policy, store, changed: options.changed }
  const known = new Map<string, KnownBreaker>()
  return {
    async enter(key) {
      const own = known.get(key) ?? knownBreaker(key, policy)
      known.delete(key)
      known.set(key, own)
      for (const oldest of known.keys()) if (known.size > keepKeys) known.delete(oldest)
      return enterBreaker(deps, own)
    },
  }
}

function assertPolicy({ trips, openMs, maxOpenMs, permits, probeMs }: BreakerPolicy): void {
  for (const [name, value] of Object.entries({ openMs, maxOpenMs, permits, probeMs }))
    assertCount(name, value)
  if (openMs > maxOpenMs) throw new RangeError('openMs must not be greater than maxOpenMs')
  if (trips.kind === 'consecutive') return assertCount('failures', trips.failures)
  assertCount('minimum', trips.minimum)
  assertCount('windowMs', trips.windowMs)
  if (trips.row !== undefined) assertCount('row', trips.row)
  if (!(trips.share > 0 && trips.share <= 1)) throw new RangeError('share must lie in (0, 1]')
}

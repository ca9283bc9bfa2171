import type { Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { TrueTime } from '../primitives/true-time.ts'
import { counts, type Counts } from './breaker-counts.ts'
import type { BreakerItems, Tally } from './breaker-items.ts'
import { neverOpened, type BreakerPolicy, type Standing } from './breaker-standing.ts'

export interface BreakerDeps {
  readonly clock: Clock
  readonly random: Random
  readonly time: TrueTime
  readonly items: BreakerItems
  readonly policy: BreakerPolicy
  readonly store: { downUntil: number; downSince: number }
  /** Told when this worker has opened or closed a breaker, once for each time. */
  readonly changed?: ((key: string, state: Standing['state']) => void) | undefined
}

/** What one worker knows of one key. */
export interface KnownBreaker {
  readonly key: string
  readonly counts: Counts
  standing: Standing
  tally: Tally
  /** What the standing was made from, while the store has not taken it. */
  untaken: Standing | undefined
  /** When the present standing was first seen, by the own clock. */
  seenAt: number
  readAt: number
  toldAt: number
  reading: Promise<void> | undefined
}

export const knownBreaker = (key: string, policy: BreakerPolicy): KnownBreaker => ({
  key,
  counts: counts(policy),
  standing: neverOpened,
  tally: { window: 0, failures: 0, successes: 0 },
  untaken: undefined,
  seenAt: 0,
  readAt: -Infinity,
  toldAt: -Infinity,
  reading: undefined,
})

const storePauseMs = 5_000

const quickMs = 250

/** What the store answered, asked so often as long as it refuses at once; `undefined` when it is down, and then it is left alone for a while. */
export async function asked<T>(
  { clock, store }: BreakerDeps,
  ask: () => Promise<T>,
  times = 1,
): Promise<T | undefined> {
  if (store.downUntil > clock.now()) return undefined
  const startedAt = clock.now()
  for (let left = times; left > 0 && clock.now() - startedAt < quickMs; left -= 1) {
    try {
      const answer = await ask()
      store.downSince = Infinity
      return answer
    } catch {
      store.downSince = Math.min(store.downSince, clock.now())
    }
  }
  store.downUntil = clock.now() + storePauseMs
  return undefined
}

export function see({ clock }: BreakerDeps, own: KnownBreaker, standing: Standing): void {
  if (standing.by !== own.standing.by) {
    own.seenAt = clock.now()
    own.counts.clear()
  }
  own.standing = standing
}

/** Writes the next standing, or sees what another has made of the last one. Without a store it holds for this worker. */
export async function move(
  deps: BreakerDeps,
  own: KnownBreaker,
  from: Standing,
  to: Standing,
): Promise<void> {
  see(deps, own, to)
  own.untaken = from
  const stands = await asked(deps, () => deps.items.swap(own.key, from, to))
  if (!stands) return
  own.untaken = undefined
  see(deps, own, stands)
}

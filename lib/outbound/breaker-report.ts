import { token128 } from '../primitives/random.ts'
import { isTooMany } from './breaker-counts.ts'
import { asked, move, type BreakerDeps, type KnownBreaker } from './breaker-known.ts'
import type { Tally } from './breaker-items.ts'
import { closed, opened, type Standing } from './breaker-standing.ts'
import type { Outcome } from './breaker.ts'

const tellEveryMs = 1_000

/** Counts a call that entered while `entered` stood. */
export async function noteOutcome(
  deps: BreakerDeps,
  own: KnownBreaker,
  entered: Standing,
  outcome: Outcome,
): Promise<void> {
  const { clock, policy } = deps
  if (outcome === 'ignored' || own.standing.by !== entered.by || own.standing.state === 'open') return
  own.counts.note(outcome === 'failure', windowNumber(deps))
  if (own.counts.isTripped()) return trip(deps, own)
  if (policy.trips.kind !== 'rate' || clock.now() - own.toldAt < tellEveryMs) return
  const othersFail =
    hasRow(own.tally, 1) || (own.tally.failures > 0 && own.tally.window >= windowNumber(deps) - 1)
  if (own.counts.untold.failures === 0 && !othersFail) return
  own.toldAt = clock.now()
  const told = { window: windowNumber(deps), ...own.counts.flush() }
  const tally = await asked(deps, () => deps.items.tell(own.key, told))
  if (!tally) {
    const isAlone = deps.store.downUntil > clock.now()
    if (isAlone && own.counts.row >= (policy.trips.row ?? Infinity)) await trip(deps, own)
    return
  }
  own.tally = tally
  if (isTooMany(tally, policy.trips) || hasRow(tally, policy.trips.row)) await trip(deps, own)
}

/** None has come through for so many calls, whoever made them. */
const hasRow = ({ row = 0 }: Tally, most = Infinity): boolean => row >= most

function windowNumber({ time, policy: { trips } }: BreakerDeps): number {
  return trips.kind === 'rate' ? Math.floor((2 * time.now().earliest) / trips.windowMs) : 0
}

async function trip(deps: BreakerDeps, own: KnownBreaker): Promise<void> {
  const { time, random, policy } = deps
  const from = own.standing
  if (from.state === 'open') return
  await change(deps, own, from, opened(from, { by: token128(random), now: time.now(), random, policy }))
}

/** Whose change it is shows by who stands afterwards: another may have been first. */
async function change(deps: BreakerDeps, own: KnownBreaker, from: Standing, to: Standing): Promise<void> {
  await move(deps, own, from, to)
  if (own.standing.by === to.by) deps.changed?.(own.key, to.state)
}

/** What a probe found out decides for everyone, unless it has been taken for dead and others have decided. */
export async function judgeProbe(
  deps: BreakerDeps,
  own: KnownBreaker,
  from: Standing,
  outcome: Outcome,
): Promise<void> {
  const { time, random, policy, items } = deps
  if (own.standing.by !== from.by) return
  const by = token128(random)
  if (outcome === 'success') return change(deps, own, from, closed(from, by))
  if (outcome === 'failure')
    return change(deps, own, from, opened(from, { by, now: time.now(), random, policy }))
  own.standing = {
    ...own.standing,
    permits: Math.min(own.standing.permits + 1, policy.permits),
    probeUntil: 0,
  }
  await asked(deps, () => items.giveBack(own.key, from))
}

import { ms, type Millis } from '../primitives/clock.ts'
import { asked, move, see, type BreakerDeps, type KnownBreaker } from './breaker-known.ts'
import { judgeProbe, noteOutcome } from './breaker-report.ts'
import { openFor, probeWay } from './breaker-standing.ts'
import type { Entry, Outcome } from './breaker.ts'

const readEveryMs = 1_000
/** A store that has been down this long may stay so: each worker then probes for itself. */
const aloneMs = 60_000

/** Lets a call through, or says how long to keep it. What is known is a second old at most. */
export async function enterBreaker(deps: BreakerDeps, own: KnownBreaker): Promise<Entry> {
  await refresh(deps, own)
  const { standing } = own
  const isStillOpen = async (): Promise<Millis | undefined> => {
    await refresh(deps, own)
    const leftMs = leftOf(deps, own)
    return leftMs > 0 ? ms(Math.ceil(leftMs)) : undefined
  }
  if (standing.state === 'closed')
    return pass(false, isStillOpen, (outcome) => noteOutcome(deps, own, standing, outcome))
  const left = leftOf(deps, own)
  if (left > 0) return { kind: 'open', retryAfterMs: ms(Math.ceil(left)) }
  if (!(await beginProbe(deps, own))) return { kind: 'open', retryAfterMs: ms(readEveryMs) }
  return pass(true, isStillOpen, (outcome) => judgeProbe(deps, own, standing, outcome))
}

/** Reads what stands, if that is not known well enough. A worker that knows nothing yet asks twice before it does without. */
async function refresh(deps: BreakerDeps, own: KnownBreaker): Promise<void> {
  const { clock } = deps
  if (clock.now() - own.readAt >= readEveryMs || clock.now() < own.readAt)
    own.reading ??= read(deps, own).finally(() => (own.reading = undefined))
  if (own.reading) await own.reading
}

/** How long it is open yet; 0 or less where it is closed or may be probed. */
const leftOf = ({ clock, time, policy }: BreakerDeps, { standing, seenAt }: KnownBreaker): number =>
  standing.state === 'closed' ? 0 : openFor(standing, time.now(), clock.now() - seenAt, policy.maxOpenMs)

/** A standing that the store has not taken is given to it again, if nothing has happened there since. */
async function read(deps: BreakerDeps, own: KnownBreaker): Promise<void> {
  const { by } = own.standing
  const isFirst = own.readAt === -Infinity
  own.readAt = deps.clock.now()
  const seen = await asked(deps, () => deps.items.read(own.key), isFirst ? 2 : 1)
  // What was read before the standing changed here is old.
  if (!seen || own.standing.by !== by) return
  own.tally = seen.tally
  const { untaken } = own
  if (untaken && seen.standing.by === untaken.by) return move(deps, own, seen.standing, own.standing)
  own.untaken = undefined
  see(deps, own, seen.standing)
}

function pass(
  probe: boolean,
  isStillOpen: () => Promise<Millis | undefined>,
  report: (outcome: Outcome) => Promise<void>,
): Entry {
  let isReported = false
  return {
    kind: 'pass',
    probe,
    async report(outcome) {
      if (isReported) return undefined
      isReported = true
      await report(outcome)
      return outcome === 'failure' ? isStillOpen() : undefined
    },
  }
}

async function beginProbe(deps: BreakerDeps, own: KnownBreaker): Promise<boolean> {
  const { clock, time, policy, items, store } = deps
  const { standing, untaken } = own
  const way = probeWay(standing, time.now(), policy)
  if (way === 'none') return false
  const isAlone = store.downUntil > clock.now()
  if (isAlone && !untaken && clock.now() - store.downSince < aloneMs) return false
  const probeUntil = Math.ceil(time.now().latest + policy.probeMs)
  // Whatever comes of it, this worker does not ask again before the next reading.
  own.standing = {
    ...standing,
    permits: (way === 'permit' ? standing.permits : policy.permits) - 1,
    probeUntil,
  }
  if (isAlone) return true
  return (await asked(deps, () => items.begin(own.key, way, standing, probeUntil))) ?? false
}

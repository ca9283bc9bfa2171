import type { Random } from '../primitives/random.ts'
import type { Span } from '../primitives/time-slots.ts'

/** When to open, and for how long. Times in milliseconds. */
export interface BreakerPolicy {
  /**
   * `rate`: of at least `minimum` calls within `windowMs`, over all workers, this share failed; or, where `row` says so, as
   * many in a row over all workers, however long that took: few calls are enough when none comes through. `consecutive`: so
   * many in a row failed in one worker.
   */
  readonly trips:
    | {
        readonly kind: 'rate'
        readonly share: number
        readonly minimum: number
        readonly windowMs: number
        readonly row?: number
      }
    | { readonly kind: 'consecutive'; readonly failures: number }
  /** The first time; doubled with every further one until it has held for a while. */
  readonly openMs: number
  readonly maxOpenMs: number
  /** Calls that may find out at the same time whether all is well again. */
  readonly permits: number
  /** A probe that has not reported by then is taken for dead. */
  readonly probeMs: number
}

export const defaultBreaker: BreakerPolicy = {
  trips: { kind: 'rate', share: 0.5, minimum: 20, windowMs: 10_000, row: 20 },
  openMs: 20_000,
  maxOpenMs: 900_000,
  permits: 1,
  probeMs: 60_000,
}

/** The shared state of one breaker. Instants are epoch milliseconds of the true time. */
export interface Standing {
  readonly state: 'closed' | 'open'
  /** Changes with every opening and closing; `undefined` before the first. */
  readonly by: string | undefined
  /** Of the last opening. */
  readonly openedAt: number
  readonly openMs: number
  readonly permits: number
  /** Until when the last probe has to report. */
  readonly probeUntil: number
}

export const neverOpened: Standing = {
  state: 'closed',
  by: undefined,
  openedAt: 0,
  openMs: 0,
  permits: 0,
  probeUntil: 0,
}

/** Wrong clocks are at most this far off. */
const skewMs = 60_000

/** Opens: twice as long as the last time, unless that is long past; with jitter of a quarter, never longer than the cap. */
export function opened(
  before: Standing,
  at: { readonly by: string; readonly now: Span; readonly random: Random; readonly policy: BreakerPolicy },
): Standing {
  const { by, now, random, policy } = at
  const heldFor = now.earliest - before.openedAt - before.openMs
  const isNew = before.openMs === 0 || heldFor > Math.max(600_000, 2 * before.openMs)
  const base = isNew ? policy.openMs : Math.min(before.openMs, policy.maxOpenMs) * 2
  const openMs = Math.min(policy.maxOpenMs, Math.round(base * (0.75 + random.fraction() / 2)))
  return { state: 'open', by, openedAt: now.latest, openMs, permits: policy.permits, probeUntil: 0 }
}

export const closed = (before: Standing, by: string): Standing => ({ ...before, state: 'closed', by })

/**
 * How long it stays open. What a skewed clock wrote counts for the cap at most (D16), and nobody waits longer than the open
 * time since they themselves saw it: `seenForMs`.
 */
export function openFor(standing: Standing, now: Span, seenForMs: number, maxOpenMs: number): number {
  const openMs = Math.min(standing.openMs, maxOpenMs)
  return Math.min(standing.openedAt + openMs - now.earliest, openMs - seenForMs)
}

/** How a probe may be begun: from what is left, in the place of a dead one, or not. */
export function probeWay(
  standing: Standing,
  now: Span,
  { probeMs }: BreakerPolicy,
): 'permit' | 'dead' | 'none' {
  if (standing.permits > 0) return 'permit'
  const isDead = standing.probeUntil < now.earliest
  return isDead || standing.probeUntil > latestProbe(now, probeMs) ? 'dead' : 'none'
}

/** No honest worker gives a probe longer than this. */
export const latestProbe = (now: Span, probeMs: number): number => now.latest + probeMs + skewMs

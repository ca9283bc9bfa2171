import { epochMs, iso } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'
import { overlapMs, type StreamKind } from './streams.ts'

/** One change of the provider's, whoever tells of it. */
export interface Change {
  /** The same in a webhook and in a list. */
  readonly id: string
  readonly thing: string
  /** The provider's time of it. */
  readonly at: number
  /** When it happened and when lists begin to show it, by the world's clock. */
  readonly happensAt: number
  readonly visibleAt: number
  /** From when on another change of the same thing stands in its place, in lists of things. */
  readonly hiddenAt: number
  /** Its JSON, as lists have it. */
  readonly text: string
}

export interface HistoryPlan {
  readonly kind: StreamKind
  readonly name: string
  readonly from: number
  readonly forMs: number
  readonly changes: number
  /** How far the provider's clock is ahead of the world's. */
  readonly aheadMs: number
  /** Between a change and its becoming visible, at most. */
  readonly mostLateMs: number
}

/** A change before it is known what comes after it. */
export type Draft = Omit<Change, 'hiddenAt' | 'text'> & { readonly type: string }

/** 2099-01-01 */
export const farFuture = 4_070_908_800_000

/** Everything that happens in one list: creations, changes and deletions, some of them at one time, some visible late. */
export function historyOf(plan: HistoryPlan, random: Random): readonly Change[] {
  const { kind, name } = plan
  const drafts: Draft[] = []
  let alive: string[] = []
  while (drafts.length < plan.changes) {
    const happensAt = Math.floor(plan.from + random.fraction() * plan.forMs)
    // At one time: a batch that someone has sent, a row of imports.
    const burst = random.fraction() < 0.3 ? 2 + Math.floor(random.fraction() * 6) : 1
    for (let i = 0; i < burst; i += 1) {
      const nth = drafts.length
      const isNew = alive.length === 0 || random.fraction() < 0.5
      const thing = isNew ? `${name}-${nth}` : (alive[Math.floor(random.fraction() * alive.length)] ?? name)
      const isGone = !isNew && random.fraction() < 0.2
      if (isNew) alive.push(thing)
      if (isGone) alive = alive.filter((each) => each !== thing)
      const isFuture = isNew && kind !== 'windows' && kind !== 'journal' && random.fraction() < 0.04
      if (isFuture) alive = alive.filter((each) => each !== thing)
      drafts.push({
        type: `thing.${isNew ? 'created' : isGone ? 'deleted' : 'updated'}`,
        id: `chg_${name}_${nth}`,
        thing,
        at: isFuture ? farFuture : happensAt + plan.aheadMs,
        happensAt,
        visibleAt: happensAt + lateness(plan, random),
      })
    }
  }
  return changesOf(drafts)
}

export const changesOf = (drafts: readonly Draft[]): readonly Change[] =>
  drafts.map((draft, nth) => ({ ...draft, hiddenAt: hiddenAt(draft, nth, drafts), text: textOf(draft) }))

/** Most are seen at once, some late, a few as late as may be. */
function lateness({ mostLateMs }: HistoryPlan, random: Random): number {
  const draw = random.fraction()
  const most = draw < 0.75 ? 2_000 : draw < 0.93 ? mostLateMs / 2 : mostLateMs
  return Math.floor(random.fraction() * Math.min(most, mostLateMs))
}

/**
 * Within the overlap by any clock: where the provider's is behind, or ours ahead, the watermark comes as much closer. A second is
 * for times that are cut.
 */
export const mostLateMs = (aheadMs: number, skewMs: number): number =>
  overlapMs - Math.max(0, -aheadMs) - skewMs - 1_000

/** A later state of the same thing stands in its place once it can be seen. */
function hiddenAt({ thing, at }: Draft, nth: number, all: readonly Draft[]): number {
  const later = all.filter(
    (other, index) => other.thing === thing && (other.at > at || (other.at === at && index > nth)),
  )
  return Math.min(Infinity, ...later.map(({ visibleAt }) => visibleAt))
}

const textOf = ({ id, type, thing, at }: Draft): string =>
  JSON.stringify({ id, type, thing, at: iso(epochMs(at)), updated: Math.floor(at / 1_000) })

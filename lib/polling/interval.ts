import { elapsed, type EpochMs } from '../primitives/clock.ts'
import { classOver, classWithin } from './phases.ts'
import { intervalClasses, type IntervalClass, type Poll } from './poll-state.ts'
import type { PollSource } from './source.ts'

/** `none`: no webhook brings this stream. `missing`: one should, and lately did not always. */
export type WebhookHealth = 'none' | 'missing' | 'healthy'

/** What decides on how often a poll is run. */
export interface IntervalFacts {
  readonly interval: PollSource['interval']
  readonly health: WebhookHealth
  /** Runs in a row that brought something (above zero) or nothing (below). */
  readonly streak: number
  /** Share of the rate limit that is left, where the provider says it. */
  readonly spare?: number
  /** The provider's own word, milliseconds. */
  readonly askedIntervalMs?: number
}

const dayMs = 86_400_000

/** A stream without webhooks has none to miss. */
export function healthOf({ missedAt }: Poll, hasWebhooks: boolean, now: EpochMs): WebhookHealth {
  if (!hasWebhooks) return 'none'
  return missedAt !== undefined && elapsed(missedAt, now) < dayMs ? 'missing' : 'healthy'
}

/** Where a poll should go; the first rule that holds decides. */
const rules: readonly (readonly [
  holds: (facts: IntervalFacts) => boolean,
  wish: 'slower' | 'faster' | 'usual' | 'as it is',
])[] = [
  [({ spare }) => spare !== undefined && spare < 0.1, 'slower'],
  // The poll is all there is, or is needed: what webhooks miss comes by it.
  [({ health }) => health === 'missing', 'usual'],
  [({ health, streak }) => health === 'healthy' && streak <= -4, 'slower'],
  [({ health }) => health === 'healthy', 'as it is'],
  [({ streak }) => streak >= 4, 'faster'],
  [({ streak }) => streak <= -12, 'slower'],
  [({ streak }) => streak > 0, 'usual'],
  [() => true, 'as it is'],
]

/**
 * The class of the next turns: one step at a time towards what the rules wish, between the provider's floor and ceiling, and
 * never faster than the provider asks.
 */
export function nextClass(current: IntervalClass, facts: IntervalFacts): IntervalClass {
  const { floorMs, usualMs, ceilingMs } = facts.interval
  const askedMs = facts.askedIntervalMs ?? 0
  const fastest = classOver(Math.max(floorMs, askedMs))
  const slowest = Math.max(classWithin(ceilingMs), fastest) as IntervalClass
  const wish = rules.find(([holds]) => holds(facts))?.[1] ?? 'as it is'
  const at = intervalClasses.indexOf(current)
  const towards = {
    slower: intervalClasses[at + 1] ?? current,
    // More often than usual only while there is news.
    faster: classIndexWithin(at - 1, classWithin(usualMs)),
    usual: classWithin(usualMs),
    'as it is': current,
  }[wish]
  return Math.min(Math.max(towards, fastest), slowest) as IntervalClass
}

/** One class faster than usual is the most. */
function classIndexWithin(index: number, usual: IntervalClass): IntervalClass {
  const most = Math.max(0, intervalClasses.indexOf(usual) - 1)
  return intervalClasses[Math.max(index, most)] ?? usual
}

/** The class of a poll that has never run. */
export const firstClass = ({ floorMs, usualMs, ceilingMs }: PollSource['interval']): IntervalClass =>
  Math.min(
    Math.max(classWithin(usualMs), classOver(floorMs)),
    Math.max(classWithin(ceilingMs), classOver(floorMs)),
  ) as IntervalClass

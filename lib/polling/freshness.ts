import { polling } from '../config/defaults.ts'
import { elapsed, ms, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { Poll } from './poll-state.ts'

/**
 * `fresh`: read to its end within its time. `late`: its turns did not come, or are held back. `still`: turns came, and its
 * watermark stands. `paused`: someone has stopped it.
 */
export type FreshnessState = 'fresh' | 'late' | 'still' | 'paused'

/** How current what is known of a stream is. */
export interface Freshness {
  readonly state: FreshnessState
  /** What was changed longer ago than this is known, as far as the provider shows it. */
  readonly lagMs: Millis
  /** The provider's time of the newest change that is known. */
  readonly newestAt?: EpochMs
  /** When a run last brought a change. */
  readonly seenAt?: EpochMs
}

type Facts = Pick<
  Poll,
  'state' | 'phase' | 'watermark' | 'createdAt' | 'lastRunAt' | 'completeAt' | 'lastChangeAt' | 'nextAt'
>

export function freshnessOf(poll: Facts, now: EpochMs): Freshness {
  const { watermark, lastChangeAt } = poll
  return {
    state: stateOf(poll, now),
    lagMs: ms(Math.max(0, elapsed(completeTo(poll), now))),
    ...(watermark && { newestAt: watermark.at }),
    ...(lastChangeAt !== undefined && { seenAt: lastChangeAt }),
  }
}

/** Everything older is known; before the first end, nothing that is newer than the poll. */
const completeTo = ({ completeAt, createdAt }: Facts): EpochMs => completeAt ?? createdAt

function stateOf(poll: Facts, now: EpochMs): FreshnessState {
  if (poll.state === 'paused') return 'paused'
  if (isStuck(poll, now)) return 'still'
  return elapsed(completeTo(poll), now) > limitOf(poll) ? 'late' : 'fresh'
}

/** Four turns, and an hour at least: one run that fails, or a tick that is late, is nothing. */
const limitOf = ({ phase }: Facts): Millis => ms(Math.max(polling.stillMs, 4 * phase.every * 60_000))

/** Turns came, and none of the last ones read to the end. What only someone's doing can mend is told by its state. */
const isStuck = (poll: Facts, now: EpochMs): boolean =>
  poll.state === 'active' &&
  poll.lastRunAt > 0 &&
  elapsed(poll.lastRunAt, now) <= limitOf(poll) &&
  elapsed(completeTo(poll), now) > limitOf(poll)

/** What a run came to. */
export interface RunFacts {
  /** The watermark that it ended with. */
  readonly watermark: Poll['watermark']
  /** Events that it found. */
  readonly found: number
  readonly isDone: boolean
}

/**
 * Why a watermark stands still although its turns come. `unfinished`: no run of the last turns has come to its end.
 * `unmoved`: this one has, and found changes, and the provider's time did not move on from what is a day old or more, as when
 * a time is read wrongly.
 */
export function standsStill(
  before: Facts,
  { watermark, found, isDone }: RunFacts,
  now: EpochMs,
): 'unfinished' | 'unmoved' | undefined {
  if (!isDone) return isStuck({ ...before, lastRunAt: now }, now) ? 'unfinished' : undefined
  const isUnmoved =
    found > 0 &&
    watermark !== undefined &&
    before.watermark?.at === watermark.at &&
    !isRecent(watermark.at, now)
  return isUnmoved ? 'unmoved' : undefined
}

const isRecent = (at: EpochMs, now: EpochMs): boolean => elapsed(at, now) <= polling.unmovedMs

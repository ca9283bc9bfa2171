import { epochMs, iso, type EpochMs } from '../primitives/clock.ts'
import type { ReplayWish } from '../processing/replay-control.ts'
import { shareOf } from '../processing/replay-messages.ts'
import { timeFor, type ReplayPlan } from '../processing/replay-plan.ts'
import type { Replay } from '../processing/replays.ts'
import type { ReplayItem, ReplayPlanItem } from './schemas-replays.ts'

const orNull = (at: EpochMs | undefined): string | null => (at === undefined ? null : iso(at))

const windowOf = ({ tenant, since, until, filter, mode, rate, limit }: ReplayWish | Replay) => ({
  tenant,
  since: iso(since),
  until: iso(until),
  filter: { ...filter },
  mode,
  rate,
  limit,
})

/** What a replay would do, as the API tells of it. */
export const toPlan = (wish: ReplayWish, plan: ReplayPlan): ReplayPlanItem => ({
  status: 'planned',
  ...windowOf(wish),
  events: plan.events,
  queued: Math.min(plan.queued, wish.limit),
  byProvider: Object.fromEntries(plan.byProvider),
  byType: Object.fromEntries(plan.byType),
  byStatus: Object.fromEntries(plan.byStatus),
  first: orNull(plan.first),
  last: orNull(plan.last),
  seconds: timeFor(Math.min(plan.queued, wish.limit), wish.rate) / 1_000,
  countedTo: orNull(plan.countedTo),
})

/** A replay as the API tells of it. */
export function toReplayItem(replay: Replay): ReplayItem {
  const { id, state, counts, failures, position, since, until } = replay
  const reached = position === undefined ? (state === 'done' ? until : since) : Number(position.slice(0, 13))
  return {
    id,
    status: state,
    cause: replay.cause ?? null,
    ...windowOf(replay),
    planned: replay.planned ?? null,
    counts,
    share: shareOf(replay),
    reached: iso(epochMs(reached)),
    failures,
    failure: replay.failure ?? null,
    createdAt: iso(replay.createdAt),
    finishedAt: orNull(replay.finishedAt),
    nextAt: orNull(replay.nextAt),
  }
}

import { ledger } from '../config/defaults.ts'
import { replaying } from '../config/replay-defaults.ts'
import { epochMs, later, type EpochMs } from '../primitives/clock.ts'
import type { ReplayWish } from '../processing/replay-control.ts'
import type { ReplayRequest } from './schemas-replays.ts'

/** Events a second, where nobody says, and at most. */
export const replayRates = { unless: replaying.rate, most: replaying.mostRate } as const

type Fault = { readonly fault: string; readonly field: 'since' | 'until' }

/** A window never goes beyond what is kept, and never reaches what the replay itself makes. */
export function wishOf(request: ReplayRequest, now: EpochMs): ReplayWish | Fault {
  const { tenant, filter = {}, mode = 'same-key' } = request
  const since = epochMs(Date.parse(request.since))
  const until = request.until === undefined ? now : epochMs(Date.parse(request.until))
  if (until > now) return { field: 'until', fault: 'must not be in the future' }
  if (since >= until) return { field: 'since', fault: 'must be before the end' }
  const oldest = later(now, 0 - ledger.retentionMs)
  if (until <= oldest) return { field: 'until', fault: 'is longer ago than events are kept' }
  return {
    tenant,
    since: epochMs(Math.max(since, oldest)),
    until,
    filter,
    mode,
    rate: request.rate ?? replaying.rate,
    limit: request.limit ?? replaying.mostEvents,
  }
}

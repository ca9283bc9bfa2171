import { flushing } from '#lib/telemetry/flushing.ts'
import { withRound } from '../common/with-round.ts'
import { withBackfills } from './backfills.ts'
import { poller } from './batch.ts'
import { composeAll } from './compose-backfill.ts'
import { withOrders } from './orders.ts'

const deps = composeAll()

export const handler = flushing(
  deps.metrics,
  withRound('poller', withBackfills(withOrders(poller(deps), deps), deps), deps),
)

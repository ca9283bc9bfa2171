import { flushing } from '#lib/telemetry/flushing.ts'
import { withBackfills } from './backfills.ts'
import { poller } from './batch.ts'
import { composeAll } from './compose-backfill.ts'

const deps = composeAll()

export const handler = flushing(deps.metrics, withBackfills(poller(deps), deps))

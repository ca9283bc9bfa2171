import { withBackfills } from './backfills.ts'
import { poller } from './batch.ts'
import { composeAll } from './compose-backfill.ts'

const deps = composeAll()

export const handler = withBackfills(poller(deps), deps)

import { withRound } from '../common/with-round.ts'
import { withBackfills } from './backfills.ts'
import { poller } from './batch.ts'
import { composeAll } from './compose-backfill.ts'

const deps = composeAll()

export const handler = withRound('poller', withBackfills(poller(deps), deps), deps)

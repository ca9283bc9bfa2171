import { flushing } from '#lib/telemetry/flushing.ts'
import { withRound } from '../common/with-round.ts'
import { refresher } from './batch.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = flushing(deps.metrics, withRound('refresher', refresher(deps), deps))

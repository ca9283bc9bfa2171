import { flushing } from '#lib/telemetry/flushing.ts'
import { compose } from './compose.ts'
import { refresher } from './batch.ts'

const deps = compose()

export const handler = flushing(deps.metrics, refresher(deps))

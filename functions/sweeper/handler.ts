import { flushing } from '#lib/telemetry/flushing.ts'
import { sweep } from './batch.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = flushing(deps.metrics, sweep(deps))

import { workerBatch } from './batch.ts'
import { flushing } from '#lib/telemetry/flushing.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = flushing(deps.metrics, workerBatch(deps))

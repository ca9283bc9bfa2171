import { workerBatch } from './batch.ts'
import { compose } from './compose.ts'

export const handler = workerBatch(compose())

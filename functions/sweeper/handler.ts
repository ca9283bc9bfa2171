import { sweep } from './batch.ts'
import { compose } from './compose.ts'

export const handler = sweep(compose())

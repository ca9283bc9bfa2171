import { compose } from './compose.ts'
import { refresher } from './batch.ts'

export const handler = refresher(compose())

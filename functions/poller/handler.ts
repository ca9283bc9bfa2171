import { poller } from './batch.ts'
import { compose } from './compose.ts'

export const handler = poller(compose())

import { withRound } from '../common/with-round.ts'
import { refresher } from './batch.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = withRound('refresher', refresher(deps), deps)

import { withRound } from '../common/with-round.ts'
import { sweep } from './batch.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = withRound('sweeper', sweep(deps), deps)

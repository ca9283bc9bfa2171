import { sweep } from './batch.ts'
import { composeAll } from './compose-replay.ts'
import { withReplays } from './replays.ts'

const deps = composeAll()

export const handler = withReplays(sweep(deps), deps)

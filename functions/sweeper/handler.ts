import { drainDead } from '#lib/processing/drain.ts'
import { sweep } from './batch.ts'
import { composeAll } from './compose-replay.ts'
import { withReplays } from './replays.ts'

const deps = composeAll()

export const handler = withReplays(sweep(deps, [(signal) => drainDead(signal, deps.drain)]), deps)

import { drainDead } from '#lib/processing/drain.ts'
import { flushing } from '#lib/telemetry/flushing.ts'
import { withRound } from '../common/with-round.ts'
import { sweep } from './batch.ts'
import { composeAll } from './compose-replay.ts'
import { withReplays } from './replays.ts'

const deps = composeAll()
const sweeper = sweep(deps, [(signal) => drainDead(signal, deps.drain)])

export const handler = flushing(deps.metrics, withRound('sweeper', withReplays(sweeper, deps), deps))

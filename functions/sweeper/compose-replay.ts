import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsPacedBuffer } from '#lib/buffer/paced-buffer.sqs.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoHistory } from '#lib/idempotency/history.dynamo.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import { breakerReader } from '#lib/outbound/breaker-reader.dynamo.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import type { DrainDeps } from '#lib/processing/drain.ts'
import { dynamoHeld } from '#lib/processing/held.dynamo.ts'
import { sqsReplayJobs } from '#lib/processing/replay-jobs.sqs.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import type { DeadJobsDeps } from '#lib/polling/dead-jobs.ts'
import type { SweepDeps } from '#lib/processing/sweep.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import type { Counted } from '../common/compose-metrics.ts'
import type { RoundDeps } from '../common/with-round.ts'
import { compose } from './compose.ts'
import type { ReplayerDeps } from './replays.ts'
import { standings } from './standings.ts'

/** Everything that sweeps and replays need. */
export function composeAll(): SweepDeps &
  DeadJobsDeps &
  Counted &
  RoundDeps &
  ReplayerDeps & { readonly drain: DrainDeps } {
  const sweeper = compose()
  const { clock, log, metrics, objects, declaration } = sweeper
  const sqs = sqsClient({ maxAttempts: 3 })
  const dynamodb = dynamodbClient({ maxAttempts: 3 })
  const history = dynamoHistory({ client: dynamodb, table: required(env.ledgerTable), clock })
  const bulk = sqsPacedBuffer({ client: sqs, queueUrl: required(env.bulkQueueUrl) })
  return {
    ...sweeper,
    drain: {
      clock,
      log,
      metrics,
      objects,
      history,
      bulk,
      held: dynamoHeld({ client: dynamodb, table: required(env.controlTable) }),
      standing: standings({
        breaker: breakerReader({ client: dynamodb, table: required(env.controlTable), clock }),
        connections: dynamoConnectionList({ client: dynamodb, table: required(env.connectionsTable) }),
        clock,
      }),
    },
    replay: {
      clock,
      random: systemRandom,
      log,
      metrics,
      objects,
      declaration,
      replays: dynamoReplays({ client: dynamodb, table: required(env.controlTable) }),
      jobs: sqsReplayJobs({ client: sqs, queueUrl: required(env.replayQueueUrl) }),
      walk: dynamoWalk({ client: dynamodb, table: required(env.ledgerTable), clock }),
      bulk,
    },
  }
}

import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsPacedBuffer } from '#lib/buffer/paced-buffer.sqs.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { sqsReplayJobs } from '#lib/processing/replay-jobs.sqs.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import type { SweepDeps } from '#lib/processing/sweep.ts'
import { compose } from './compose.ts'
import type { ReplayerDeps } from './replays.ts'

/** Everything that sweeps and replays need. */
export function composeAll(): SweepDeps & ReplayerDeps {
  const sweeper = compose()
  const { clock, log, metrics, objects, declaration } = sweeper
  const sqs = sqsClient({ maxAttempts: 3 })
  const dynamodb = dynamodbClient({ maxAttempts: 3 })
  return {
    ...sweeper,
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
      bulk: sqsPacedBuffer({ client: sqs, queueUrl: required(env.bulkQueueUrl) }),
    },
  }
}

import type { dynamodbClient } from '#lib/aws/dynamodb.ts'
import type { sqsClient } from '#lib/aws/sqs.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { sqsReplayJobs } from '#lib/processing/replay-jobs.sqs.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import type { AdminDeps } from './deps.ts'

interface Uses {
  readonly dynamodb: ReturnType<typeof dynamodbClient>
  readonly sqs: ReturnType<typeof sqsClient>
  readonly clock: Clock
}

/** Plans replays of windows by the Ledger, and keeps them in the Control table. */
export const composeReplaying = ({ dynamodb, sqs, clock }: Uses): AdminDeps['replaying'] => ({
  clock,
  walk: dynamoWalk({ client: dynamodb, table: required(env.ledgerTable), clock }),
  replays: dynamoReplays({ client: dynamodb, table: required(env.controlTable) }),
  jobs: sqsReplayJobs({ client: sqs, queueUrl: required(env.replayQueueUrl) }),
})

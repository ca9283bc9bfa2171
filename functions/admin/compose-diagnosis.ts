import type { DiagnosisSources } from '#lib/admin/diagnose.ts'
import { dynamoOverdue } from '#lib/admin/overdue.dynamo.ts'
import { sqsQueueDepth } from '#lib/admin/queue-depth.sqs.ts'
import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { dynamoRoundsReader } from '#lib/telemetry/rounds-reader.dynamo.ts'

const queues = {
  events: env.eventsQueueUrl,
  bulk: env.bulkQueueUrl,
  polls: env.pollQueueUrl,
  backfills: env.backfillQueueUrl,
  replays: env.replayQueueUrl,
  'events-dead': env.eventsDeadLetterUrl,
  'bulk-dead': env.bulkDeadLetterUrl,
  'polls-dead': env.pollsDeadLetterUrl,
  'backfills-dead': env.backfillsDeadLetterUrl,
} as const

/** What a diagnosis reads, from the environment. */
export function composeDiagnosis(): DiagnosisSources {
  const client = dynamodbClient({ maxAttempts: 2 })
  const sqs = sqsClient({ maxAttempts: 2 })
  const connections = { client, table: required(env.connectionsTable) }
  return {
    rounds: dynamoRoundsReader({ client, table: required(env.controlTable) }),
    tick: dynamoTickMemory(connections),
    overdue: dynamoOverdue(connections),
    queues: Object.fromEntries(
      Object.entries(queues).map(([name, variable]) => [name, sqsQueueDepth(sqs, required(variable))]),
    ),
  }
}

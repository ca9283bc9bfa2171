import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { s3 } from '#lib/aws/s3.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { sqsDeadLetterQueue } from '#lib/buffer/dead-letter-queue.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import type { DeadJobsDeps } from '#lib/polling/dead-jobs.ts'
import type { SweepDeps } from '#lib/processing/sweep.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { composeRounds } from '../common/compose-rounds.ts'
import type { RoundDeps } from '../common/with-round.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import { composeMetrics, type Counted } from '../common/compose-metrics.ts'

/** Everything the sweeper needs, from its environment. */
export function compose(): SweepDeps & DeadJobsDeps & Counted & RoundDeps {
  const clock = systemClock
  const client = sqsClient({ maxAttempts: 3 })
  const directory = fileDirectory(new URL('directory.json', import.meta.url))
  return {
    clock,
    rounds: composeRounds(),
    log: jsonLog(writeLine, () => iso(clock.now())),
    metrics: composeMetrics(),
    buffer: sqsBuffer({ client, queueUrl: required(env.eventsQueueUrl) }),
    objects: s3Objects({ open: () => s3({ maxAttempts: 3 }), bucket: required(env.bucket) }),
    claims: dynamoClaims({
      client: dynamodbClient({ maxAttempts: 3 }),
      table: required(env.ledgerTable),
      clock,
    }),
    busEndpoint: (source) => directory.onBus(source),
    declaration: (provider) => findProvider(provider)?.webhooks,
    deadLetterQueues: [env.eventsDeadLetterUrl, env.bulkDeadLetterUrl].map((name) =>
      sqsDeadLetterQueue({ client, queueUrl: required(name) }),
    ),
    deadJobQueues: [env.pollsDeadLetterUrl, env.backfillsDeadLetterUrl].map((name) =>
      sqsDeadLetterQueue({ client, queueUrl: required(name) }),
    ),
  }
}

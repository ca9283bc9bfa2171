import { sweep } from '#functions/sweeper/batch.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { sqsDeadLetterQueue } from '#lib/buffer/dead-letter-queue.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { sweepPeriod } from '#lib/config/defaults.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { simClient } from './client.ts'
import { sandbox } from './sandbox.ts'
import { urls, type World } from './world.ts'

/** The sweeper on its schedule; some rounds die in the middle. */
export function startSweeper(world: World): void {
  world.clock.every(sweepPeriod, () => {
    const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), 0)
    const client = (service: 'sqs' | 's3' | 'dynamodb') => {
      const model = { sqs: world.sqs, s3: world.s3, dynamodb: world.ledger }[service]
      return simClient({ service, model, maxAttempts: 3, requestTimeoutMs: 2_000 }, box, world) as never
    }
    if (world.faults.chance(0.2, 'a sweep dies')) {
      box.dieAtCall(
        1 + Math.floor(world.random.fraction() * 6),
        world.random.fraction() < 0.5 ? 'before' : 'after',
      )
    }
    void sweep({
      clock: box.clock,
      log: silentLog,
      metrics: { count: () => {}, measure: () => {} },
      buffer: sqsBuffer({ client: client('sqs'), queueUrl: urls.events }),
      objects: s3Objects({ open: async () => ({ client: client('s3'), sdk: s3Sdk }), bucket: 'bucket' }),
      claims: dynamoClaims({ client: client('dynamodb'), table: 'ledger', clock: box.clock }),
      busEndpoint: () => undefined,
      declaration: (provider) => findProvider(provider)?.webhooks,
      deadJobQueues: [],
      deadLetterQueues: [urls.eventsDead, urls.bulkDead].map((queueUrl) =>
        sqsDeadLetterQueue({ client: client('sqs'), queueUrl }),
      ),
    })(undefined, { getRemainingTimeInMillis: () => 50_000 })
  })
}

import config from '#config'
import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { eventbridgeClient } from '#lib/aws/eventbridge.ts'
import { s3 } from '#lib/aws/s3.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { sqsVisibility } from '#lib/buffer/visibility.sqs.ts'
import { retry } from '#lib/config/defaults.ts'
import { missedGrace, optional, optionalInteger, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { sluiceLater } from '#lib/outbound/sluice.ts'
import { hintedBy } from '#lib/polling/declared.ts'
import { sqsHints } from '#lib/polling/hint-job.sqs.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { eventBridgeBus } from '#lib/processing/bus.eventbridge.ts'
import { dynamoHeldNotes } from '#lib/processing/held.dynamo.ts'
import { handlerSinks } from '#lib/processing/handler-sinks.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import { composeMetrics, type Counted } from '../common/compose-metrics.ts'
import type { WorkerDeps } from './batch.ts'

/** Everything the worker needs, from its environment and `sluice.config.ts`. */
export function compose(): WorkerDeps & Counted {
  const clock = systemClock
  const sqs = sqsClient({ maxAttempts: 2 })
  const directory = fileDirectory(new URL('directory.json', import.meta.url))
  const polled = new Set(config.polls?.map(({ provider }) => provider))
  const bus = eventBridgeBus({
    client: eventbridgeClient({ maxAttempts: 3 }),
    busName: required(env.eventBus),
  })
  return {
    clock,
    random: systemRandom,
    // The one place where the user's handlers meet the world.
    fetch: globalThis.fetch,
    sluice: sluiceLater(async () => (await import('../common/compose-calls.ts')).composeCalls().sluice),
    log: jsonLog(writeLine, () => iso(clock.now())),
    metrics: composeMetrics(),
    claims: dynamoClaims({
      client: dynamodbClient({ maxAttempts: 3 }),
      table: required(env.ledgerTable),
      clock,
    }),
    sightings: dynamoSightings({
      client: dynamodbClient({ maxAttempts: 2 }),
      table: required(env.controlTable),
    }),
    held: dynamoHeldNotes({ client: dynamodbClient({ maxAttempts: 2 }), table: required(env.controlTable) }),
    missedGraceMs: missedGrace(),
    objects: s3Objects({ open: () => s3({ maxAttempts: 3 }), bucket: required(env.bucket) }),
    apiOf: (provider) => findProvider(provider)?.api,
    declaration: (provider) => findProvider(provider)?.webhooks,
    hints: {
      of: (id, type) => {
        const provider = polled.has(id) ? findProvider(id) : undefined
        return provider ? hintedBy(provider, type) : []
      },
      send: sqsHints({ client: sqs, queueUrl: required(env.pollQueueUrl) }),
    },
    ownership: (provider, endpoint) => directory.find(provider, endpoint),
    busEndpoint: (source) => directory.onBus(source),
    queue: sqsBuffer({ client: sqs, queueUrl: required(env.eventsQueueUrl) }),
    maxAttempts: optionalInteger(env.maxAttempts, retry.maxAttempts),
    sinks: [
      ...handlerSinks(config.handlers ?? []),
      ...(optional(env.eventBusEnabled) === 'false' ? [] : [bus]),
    ],
    hide: sqsVisibility({ client: sqs, queueUrl: queueUrlByName() }),
  }
}

/** Both queues feed this function; an ARN ends with its queue's name, and so does a queue's URL. */
function queueUrlByName(): (arn: string) => string | undefined {
  const urls = [required(env.eventsQueueUrl), required(env.bulkQueueUrl)]
  return (arn) => urls.find((url) => url.endsWith(`/${arn.slice(arn.lastIndexOf(':') + 1)}`))
}

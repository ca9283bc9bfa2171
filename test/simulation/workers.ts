import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { workerBatch, type WorkerDeps } from '#functions/worker/batch.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { sqsVisibility } from '#lib/buffer/visibility.sqs.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { worker as settings } from '#lib/config/defaults.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { ms } from '#lib/primitives/clock.ts'
import { eventBridgeBus } from '#lib/processing/bus.eventbridge.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { simClient } from './client.ts'
import type { SimHandler } from './handlers.ts'
import type { Watch } from './invariants.ts'
import { invocation } from './invocation.ts'
import type { Received } from './models/sqs.ts'
import { sandbox, type Sandbox } from './sandbox.ts'
import { urls, type World } from './world.ts'

const queues = [
  { url: urls.events, arn: 'arn:aws:sqs:us-east-1:1:events' },
  { url: urls.bulk, arn: 'arn:aws:sqs:us-east-1:1:bulk' },
] as const
const maxConcurrency = 4

interface Running {
  readonly box: Sandbox
  readonly invoke: (
    event: SQSEvent,
    context: Context,
  ) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>
}

/** Lambda's event source: polls both queues, runs batches in sandboxes, and deletes what they report as handled. */
export function startWorkers(world: World, seen: Watch, handler: SimHandler, maxAttempts: number) {
  const idle: Running[] = []
  let busy = 0

  const invoke = async (queue: (typeof queues)[number], messages: readonly Received[]): Promise<void> => {
    const running = idle.pop() ?? start(world, handler, maxAttempts)
    const { box } = running
    drawFate(box, world)
    busy += 1
    const { context, isOver, end } = invocation(box, world.clock, settings.timeoutMs, () => {
      busy -= 1
    })
    const answer = await running.invoke(
      { Records: messages.map((message) => toRecord(message, queue.arn)) },
      context,
    )
    await box.awake()
    const failed = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    const reported = world.mutant.failures?.(failed) ?? failed
    for (const { MessageId, ReceiptHandle, Body } of messages) {
      if (reported.includes(MessageId)) continue
      seen.acknowledged(Body)
      // Seldom the deletion itself is lost: the message comes back although it was handled.
      if (world.faults.chance(0.02, 'an acknowledgement is lost')) continue
      world.sqs.apply(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }))
    }
    if (!isOver()) idle.push(running)
    end()
  }

  for (const queue of queues) {
    let pauseMs = 500
    const poll = (): void => {
      const waiting = world.sqs.visible(queue.url) > 0
      // Long polling would wake it at once; looking less and less often is the same to the code under test.
      pauseMs = waiting ? 500 : Math.min(2 * pauseMs, 20_000)
      world.clock.after(ms(waiting ? 20 + world.random.fraction() * pauseMs : pauseMs), poll)
      if (busy >= maxConcurrency || world.sqs.visible(queue.url) === 0) return
      const command = new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: 1 + Math.floor(world.random.fraction() * 10),
      })
      const { Messages } = world.sqs.apply(command) as { Messages: readonly Received[] }
      if (Messages.length > 0) void invoke(queue, Messages)
    }
    poll()
  }
  return { idle: () => busy === 0 }
}

/** What will befall this invocation: usually nothing. */
function drawFate(box: Sandbox, world: World): void {
  const call = 1 + Math.floor(world.random.fraction() * 12)
  if (world.faults.chance(0.05, 'a worker dies before a call')) box.dieAtCall(call, 'before')
  else if (world.faults.chance(0.05, 'a worker dies after a call')) box.dieAtCall(call, 'after')
  else if (world.faults.chance(0.1, 'a worker stands still beyond its lease')) {
    box.pauseAtCall(call, 33_000 + world.random.fraction() * 4_000)
  }
}

function start(world: World, handler: SimHandler, maxAttempts: number): Running {
  const offset = (world.random.fraction() * 2 - 1) * world.skewMs
  const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
  const deps = workerDeps(box, world, handler, maxAttempts)
  const invoke = workerBatch(world.mutant.worker?.(deps) ?? deps)
  return { box, invoke: (event, context) => invoke(event, context) }
}

/** As `functions/worker/compose.ts` puts it together, over the models. */
function workerDeps(box: Sandbox, world: World, handler: SimHandler, maxAttempts: number): WorkerDeps {
  const use = (service: 'dynamodb' | 's3' | 'sqs' | 'events', attempts: number) => {
    const model = { dynamodb: world.ledger, s3: world.s3, sqs: world.sqs, events: world.bus }[service]
    return simClient({ service, model, maxAttempts: attempts, requestTimeoutMs: 2_000 }, box, world)
  }
  return {
    clock: box.clock,
    random: box.random,
    fetch: () => Promise.reject(new Error('nothing is outside')),
    apiOf: () => undefined,
    sluice: { fetch: () => () => Promise.reject(new Error('nothing is outside')) },
    log: silentLog,
    metrics: { count: () => {}, measure: () => {} },
    claims: dynamoClaims({ client: use('dynamodb', 3) as never, table: 'ledger', clock: box.clock }),
    hints: { of: () => [], send: async () => {} },
    sightings: { polled: async () => {}, brought: async () => {} },
    held: { note: async () => {} },
    objects: s3Objects({
      open: async () => ({ client: use('s3', 3) as never, sdk: s3Sdk }),
      bucket: 'bucket',
    }),
    declaration: (provider) => findProvider(provider)?.webhooks,
    busEndpoint: () => undefined,
    ownership: () => undefined,
    queue: sqsBuffer({ client: use('sqs', 2) as never, queueUrl: urls.events }),
    maxAttempts,
    sinks: [
      {
        name: 'handler',
        wants: () => true,
        deliver: (event, context) => handler.run(event, context, box),
      },
      eventBridgeBus({ client: use('events', 3) as never, busName: 'bus' }),
    ],
    hide: sqsVisibility({
      client: use('sqs', 2) as never,
      queueUrl: (arn) => queues.find((queue) => queue.arn === arn)?.url,
    }),
  }
}

const toRecord = (message: Received, eventSourceARN: string): SQSRecord => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: {
    ...message.Attributes,
    SentTimestamp: '0',
    SenderId: '-',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '-',
  eventSource: 'aws:sqs',
  eventSourceARN,
  awsRegion: 'us-east-1',
})

import type { SQSRecord } from 'aws-lambda'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { workerBatch, type WorkerDeps } from '#functions/worker/batch.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { sqsVisibility } from '#lib/buffer/visibility.sqs.ts'
import { retry, worker as settings } from '#lib/config/defaults.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { ms } from '#lib/primitives/clock.ts'
import type { HandlerContext, SluiceEvent } from '#lib/processing/handler.ts'
import { simClient } from '../client.ts'
import { invocation } from '../invocation.ts'
import type { Received } from '../models/sqs.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import { tableClient } from './poller-deps.ts'
import type { SyncWatch } from './watch.ts'
import { webhooksOf } from './webhooks.ts'
import { urls, type SyncWorld } from './world.ts'

const arn = 'arn:aws:sqs:us-east-1:1:events'
const maxConcurrency = 3

/** Lambda's event source for the events, in sandboxes that die and stand still. */
export function startWorkers(world: SyncWorld, seen: SyncWatch) {
  let busy = 0

  const invoke = async (messages: readonly Received[]): Promise<void> => {
    const offset = (world.random.fraction() * 2 - 1) * world.skewMs
    const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
    drawFate(box, world)
    busy += 1
    const { context, end } = invocation(box, world.clock, settings.timeoutMs, () => {
      busy -= 1
    })
    const deps = workerDeps(box, world, seen)
    const mutated = world.mutant.worker?.(deps) ?? deps
    const invoked = workerBatch({ ...mutated, claims: seen.watched(mutated.claims) })
    const answer = await invoked({ Records: messages.map(toRecord) }, context)
    await box.awake()
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { MessageId, ReceiptHandle, Body } of messages) {
      if (failed.has(MessageId)) continue
      seen.acknowledged(Body)
      if (world.faults.chance(0.02, 'an acknowledgement is lost')) continue
      world.sqs.apply(new DeleteMessageCommand({ QueueUrl: urls.events, ReceiptHandle }))
    }
    end()
  }

  const look = (): void => {
    const waiting = world.sqs.visible(urls.events) > 0
    world.clock.after(ms(waiting ? 50 + world.random.fraction() * 400 : 4_000), look)
    if (busy >= maxConcurrency || !waiting) return
    const { Messages } = world.sqs.apply(
      new ReceiveMessageCommand({ QueueUrl: urls.events, MaxNumberOfMessages: settings.batchSize }),
    ) as { Messages: readonly Received[] }
    if (Messages.length > 0) void invoke(Messages)
  }
  look()
  return { idle: () => busy === 0 }
}

function drawFate(box: Sandbox, world: SyncWorld): void {
  const call = 1 + Math.floor(world.random.fraction() * 12)
  if (world.faults.chance(0.04, 'a worker dies before a call')) box.dieAtCall(call, 'before')
  else if (world.faults.chance(0.04, 'a worker dies after a call')) box.dieAtCall(call, 'after')
  else if (world.faults.chance(0.03, 'a worker stands still beyond its lease'))
    box.pauseAtCall(call, 33_000 + world.random.fraction() * 4_000)
}

/** As `functions/worker/compose.ts` puts it together, over the models. */
function workerDeps(box: Sandbox, world: SyncWorld, seen: SyncWatch): WorkerDeps {
  const { clock, random } = box
  const client = (service: 'sqs' | 's3', maxAttempts: number) =>
    simClient(
      { service, model: world[service], maxAttempts, requestTimeoutMs: 2_000 },
      box,
      world.asWorld,
    ) as never
  const nobody = () => Promise.reject(new Error('nothing is outside'))
  return {
    clock,
    random,
    fetch: nobody,
    apiOf: () => undefined,
    sluice: { fetch: () => nobody },
    log: (_level, message, fields) => seen.logged(message, fields),
    metrics: { count: () => {}, measure: () => {} },
    claims: dynamoClaims({ client: tableClient('ledger', box, world), table: 'ledger', clock }),
    hints: { of: () => [], send: async () => {} },
    held: { note: async () => {} },
    sightings: dynamoSightings({ client: tableClient('control', box, world), table: 'control' }),
    objects: s3Objects({ open: async () => ({ client: client('s3', 3), sdk: s3Sdk }), bucket: 'bucket' }),
    declaration: webhooksOf,
    busEndpoint: () => undefined,
    ownership: () => undefined,
    queue: sqsBuffer({ client: client('sqs', 2), queueUrl: urls.events }),
    maxAttempts: retry.maxAttempts,
    sinks: [
      {
        name: 'books',
        wants: () => true,
        deliver: (event, context) => handle(event, context, box, world, seen),
      },
    ],
    hide: sqsVisibility({ client: client('sqs', 2), queueUrl: () => urls.events }),
  }
}

/** The user's code: writes each change into its books, by the idempotency key; a few fail at first. */
async function handle(
  event: SluiceEvent,
  { idempotencyKey, attempt, fence }: HandlerContext,
  box: Sandbox,
  world: SyncWorld,
  seen: SyncWatch,
): Promise<void> {
  const { id } = event.data as { readonly id: string }
  seen.handlerStarts(idempotencyKey, fence)
  await box.clock.sleep(ms(world.random.fraction() * 40))
  if (attempt === 1 && world.faults.chance(0.03, 'a handler fails')) throw new Error('the books are closed')
  seen.booked(id, idempotencyKey)
}

const toRecord = (message: Received): SQSRecord => ({
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
  eventSourceARN: arn,
  awsRegion: 'us-east-1',
})

import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { workerBatch, type WorkerDeps } from '#functions/worker/batch.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { sqsVisibility } from '#lib/buffer/visibility.sqs.ts'
import { outbound, retry, worker as settings } from '#lib/config/defaults.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import { sluice, type Sluice } from '#lib/outbound/sluice.ts'
import { ms } from '#lib/primitives/clock.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { handlerSinks } from '#lib/processing/handler-sinks.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { simClient } from '../client.ts'
import { invocation } from '../invocation.ts'
import type { Received } from '../models/sqs.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import { urls } from '../world.ts'
import { apiOf, credentialsOf } from './account.ts'
import { callHandler } from './handler.ts'
import type { OutageWorld } from './world.ts'

const arn = 'arn:aws:sqs:us-east-1:1:events'

interface Running {
  readonly box: Sandbox
  readonly invoke: ReturnType<typeof workerBatch>
}

/** Lambda's event source over as many sandboxes as the scenario has: whoever is free gets up to ten messages. */
export function startWorkers(world: OutageWorld, acknowledged: (body: string) => void) {
  const idle: Running[] = []
  let busy = 0
  let most = 0
  let started = 0

  const invoke = async (messages: readonly Received[]): Promise<void> => {
    const known = idle.pop()
    if (!known) started += 1
    const running = known ?? start(world)
    const { box } = running
    drawFate(box, world)
    busy += 1
    const { context, isOver, end } = invocation(box, world.clock, settings.timeoutMs, () => {
      busy -= 1
    })
    const answer = await running.invoke({ Records: messages.map(toRecord) } satisfies SQSEvent, context)
    await box.awake()
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { MessageId, ReceiptHandle, Body } of messages) {
      if (failed.has(MessageId)) continue
      acknowledged(Body)
      if (world.faults.chance(0.005, 'an acknowledgement is lost')) continue
      world.sqs.apply(new DeleteMessageCommand({ QueueUrl: urls.events, ReceiptHandle }))
    }
    if (!isOver()) idle.push(running)
    end()
  }

  const poll = (): void => {
    const waiting = world.sqs.visible(urls.events) > 0
    world.clock.after(ms(waiting ? 10 + world.random.fraction() * 40 : 500), poll)
    if (busy >= world.scenario.sandboxes || !waiting) return
    const { Messages } = world.sqs.apply(
      new ReceiveMessageCommand({ QueueUrl: urls.events, MaxNumberOfMessages: settings.batchSize }),
    ) as { Messages: readonly Received[] }
    for (const { Attributes } of Messages) most = Math.max(most, Number(Attributes.ApproximateReceiveCount))
    if (Messages.length > 0) void invoke(Messages)
  }
  poll()
  return { mostReceives: () => most, started: () => started }
}

/** What will befall this invocation: usually nothing. */
function drawFate(box: Sandbox, world: OutageWorld): void {
  const call = 1 + Math.floor(world.random.fraction() * 60)
  if (world.faults.chance(0.005, 'a worker dies before a call')) box.dieAtCall(call, 'before')
  else if (world.faults.chance(0.005, 'a worker dies after a call')) box.dieAtCall(call, 'after')
  else if (world.faults.chance(0.002, 'a worker stands still beyond its lease'))
    box.pauseAtCall(call, 33_000 + world.random.fraction() * 4_000)
}

function start(world: OutageWorld): Running {
  const offset = (world.random.fraction() * 2 - 1) * world.skewMs
  const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
  const deps = workerDeps(box, world)
  return { box, invoke: workerBatch(world.mutant.worker?.(deps) ?? deps) }
}

/** As `functions/worker/compose.ts` puts it together. */
function workerDeps(box: Sandbox, world: OutageWorld): WorkerDeps {
  const sqs = simClient(
    { service: 'sqs', model: world.sqs, maxAttempts: 2, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  const ledger = simClient(
    { service: 'dynamodb', model: world.dated('ledger'), maxAttempts: 3, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  return {
    clock: box.clock,
    random: box.random,
    fetch: () => Promise.reject(new Error('nothing is outside')),
    apiOf: () => undefined,
    sluice: callsOf(box, world),
    log: silentLog,
    metrics: { count: () => {}, measure: () => {} },
    claims: dynamoClaims({ client: ledger, table: 'ledger', clock: box.clock }),
    hints: { of: () => [], send: async () => {} },
    sightings: { polled: async () => {}, brought: async () => {} },
    held: { note: async () => {} },
    objects: {
      put: () => Promise.reject(new Error('no bucket')),
      get: () => Promise.reject(new Error('no bucket')),
    } as never,
    declaration: (provider) => findProvider(provider)?.webhooks,
    busEndpoint: () => undefined,
    ownership: () => undefined,
    queue: sqsBuffer({ client: sqs, queueUrl: urls.events }),
    maxAttempts: retry.maxAttempts,
    sinks: handlerSinks([callHandler]),
    hide: sqsVisibility({ client: sqs, queueUrl: () => urls.events }),
  }
}

/** As `functions/common/compose-calls.ts` does. */
function callsOf(box: Sandbox, world: OutageWorld): Sluice {
  const { clock, random } = box
  const client = simClient(
    { service: 'dynamodb', model: world.dated('control'), maxAttempts: 1, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  const { mutant } = world
  const calls = {
    clock,
    random,
    send: world.provider.sendFor(box),
    limiter: dynamoLimiter({ client, table: 'control', clock, random }),
    breaker: dynamoBreaker({
      client,
      table: 'control',
      clock,
      random,
      ...(mutant.policy && { policy: mutant.policy }),
    }),
    budget: retryBudget({ ...outbound.budget, clock }),
  }
  const api = apiOf(world.scenario)
  return sluice({
    ...(mutant.calls?.(calls) ?? calls),
    apiOf: () => api,
    fromEnvironment: () => undefined,
    connections: { find: async () => undefined, list: async () => ({ connections: [] }) },
    credentials: credentialsOf(world),
    locked: async () => {},
  })
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

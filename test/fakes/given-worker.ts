import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { Context, SQSRecord } from 'aws-lambda'
import { workerBatch, type WorkerDeps } from '#functions/worker/batch.ts'
import type { ObjectStore } from '#lib/buffer/buffer.ts'
import { encodeEnvelope, eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { ledgerKey } from '#lib/config/names.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { toRecord, type Item } from '#lib/idempotency/record.dynamo.ts'
import type { LedgerRecord } from '#lib/idempotency/record.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { dynamoHeld } from '#lib/processing/held.dynamo.ts'
import { handlerSinks } from '#lib/processing/handler-sinks.ts'
import { on, type HandlerContext, type HandlerFunction, type SluiceEvent } from '#lib/processing/handler.ts'
import type { Sink } from '#lib/processing/sink.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { createTables, startTables, type Tables } from './tables.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

/** What happens to a call before it reaches the table (`throw`: it never does) or after (`throw`: its answer is lost). */
export interface Faults {
  before?: ((operation: string, input: object) => unknown) | undefined
  after?: ((operation: string, input: object) => unknown) | undefined
}

/** A Ledger on the local DynamoDB, through the real client. */
export async function startLedger(): Promise<Tables> {
  const tables = await startTables()
  await createTables(tables.client, 'ledger', 'control')
  return tables
}

/** An element of a batch that got a message of its own. */
export interface HandedOver {
  readonly envelope: Envelope
  readonly delayMs: number
}

export interface GivenWorker {
  readonly clock: VirtualClock
  readonly lines: string[]
  /** What was counted; that an attempt was started goes without saying. */
  readonly counted: string[]
  /** Requests to DynamoDB, refused ones included. */
  readonly requests: string[]
  /** How long each message that came back was hidden, milliseconds. */
  readonly hidden: Map<string, number>
  readonly handedOver: readonly HandedOver[]
  readonly faults: Faults
  readonly objects: Map<string, Uint8Array>
  readonly deps: WorkerDeps
  /** Another sandbox over the same table: its own clock, the same faults. */
  sandbox(changes: Partial<WorkerDeps>): GivenWorker['work']
  /** Hands messages to the worker as SQS does; answers the ids that come back, `m0`, `m1`, … */
  work(messages: readonly (Envelope | string)[], options?: WorkOptions): Promise<readonly string[]>
  record(id: string): Promise<LedgerRecord | undefined>
  /** The same as it is stored. */
  item(id: string): Promise<Item | undefined>
  put(item: Item): Promise<void>
}

interface WorkOptions {
  readonly remainingMs?: number
  readonly receiveCount?: number
}

export interface Effect {
  readonly event: SluiceEvent
  readonly context: HandlerContext
}

/** The worker with everything real but time, S3 and the queue; its Ledger is `table`. */
export function givenWorker(
  table: Tables,
  options: {
    readonly handlers?: readonly HandlerFunction[]
    readonly sinks?: readonly Sink[]
    readonly maxAttempts?: number
    readonly ownership?: WorkerDeps['ownership']
    readonly busEndpoint?: WorkerDeps['busEndpoint']
  } = {},
): GivenWorker {
  const clock = virtualClock()
  const lines: string[] = []
  const counted: string[] = []
  const requests: string[] = []
  const hidden = new Map<string, number>()
  const handedOver: HandedOver[] = []
  const faults: Faults = {}
  const objects = new Map<string, Uint8Array>()
  const client = {
    send: async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
      const operation = command.constructor.name
      requests.push(operation)
      await faults.before?.(operation, command.input)
      const answer: unknown = await table.client.send(command as never)
      await faults.after?.(operation, command.input)
      return answer
    },
  }
  const deps: WorkerDeps = {
    clock,
    random: seededRandom(7),
    fetch: () => Promise.reject(new Error('this test goes nowhere')),
    apiOf: (provider) => findProvider(provider)?.api,
    sluice: { fetch: () => () => Promise.reject(new Error('this test has no connection')) },
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    metrics: { count: (name) => void (name !== 'EventStarted' && counted.push(name)), measure: () => {} },
    claims: dynamoClaims({ client: client as never, table: 'ledger', clock }),
    sightings: dynamoSightings({ client: client as never, table: 'control' }),
    held: dynamoHeld({ client: client as never, table: 'control' }),
    objects: memoryObjects(objects),
    declaration: (provider) => findProvider(provider)?.webhooks,
    busEndpoint: (source) => options.busEndpoint?.(source),
    ownership: (provider, endpoint) => options.ownership?.(provider, endpoint),
    hints: { of: () => [], send: async () => {} },
    queue: {
      send: async (envelope, _signal, delay) => void handedOver.push({ envelope, delayMs: delay ?? 0 }),
    },
    maxAttempts: options.maxAttempts ?? 8,
    sinks: [
      ...handlerSinks((options.handlers ?? []).map((run, i) => on('*', run, `handler-${i}`))),
      ...(options.sinks ?? []),
    ],
    hide: async (_arn, receiptHandle, delayMs) => void hidden.set(receiptHandle, delayMs),
  }
  const sandbox = (changes: Partial<WorkerDeps>): GivenWorker['work'] => {
    const own = { ...deps, ...changes }
    const claims =
      changes.clock && !changes.claims
        ? dynamoClaims({ client: client as never, table: 'ledger', clock: own.clock })
        : own.claims
    const batch = workerBatch({ ...own, claims })
    return async (messages, { remainingMs = 30_000, receiveCount = 1 } = {}) => {
      const startedAt = own.clock.now()
      const context = { getRemainingTimeInMillis: () => remainingMs - (own.clock.now() - startedAt) }
      const records = messages.map((message, i) => sqsRecord(message, i, receiveCount))
      const { batchItemFailures } = await batch({ Records: records }, context as Context)
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    }
  }
  return {
    clock,
    lines,
    counted,
    requests,
    hidden,
    handedOver,
    faults,
    objects,
    deps,
    sandbox,
    work: sandbox({}),
    record: async (id) => {
      const item = await itemOf(table, id)
      return item && toRecord(item)
    },
    item: (id) => itemOf(table, id),
    put: async (item) => {
      await table.client.send(new PutItemCommand({ TableName: 'ledger', Item: item }))
    },
  }
}

async function itemOf(table: Tables, id: string): Promise<Item | undefined> {
  const Key = { [ledgerKey]: { S: id } }
  const command = new GetItemCommand({ TableName: 'ledger', Key, ConsistentRead: true })
  return (await table.client.send(command)).Item
}

const memoryObjects = (objects: Map<string, Uint8Array>): ObjectStore => ({
  put: async (key, bytes) => void objects.set(key, bytes),
  get: async (key) => objects.get(key),
  delete: async (key) => void objects.delete(key),
  list: async (prefix, limit) =>
    [...objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted()
      .slice(0, limit),
})

const sqsRecord = (message: Envelope | string, i: number, receiveCount: number): SQSRecord => ({
  messageId: `m${i}`,
  receiptHandle: `m${i}`,
  body: typeof message === 'string' ? message : encodeEnvelope(message),
  attributes: {
    ApproximateReceiveCount: String(receiveCount),
    SentTimestamp: '0',
    SenderId: '-',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '-',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events',
  awsRegion: 'us-east-1',
})

let made = 0

/** An event of its own each time, unless `key` names one. */
export function envelopeOf(
  clock: VirtualClock,
  parts: Partial<Envelope> & { readonly text?: string } = {},
): Envelope {
  made += 1
  const { text = `{"id":"evt_${made}","n":1}`, ...more } = parts
  const envelope = {
    v: 1 as const,
    tenant: 'default',
    provider: 'stripe',
    endpoint: 'stripe',
    via: 'webhook' as const,
    deliveryKey: `evt_${made}`,
    type: 'charge.succeeded',
    receivedAt: clock.now(),
    contentType: 'application/json',
    headers: {},
    body: inlineBody(new TextEncoder().encode(text)),
    ...more,
  }
  return { id: eventId(envelope.tenant, envelope.endpoint, envelope.deliveryKey), ...envelope }
}

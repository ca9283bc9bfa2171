import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { workerBatch } from '#functions/worker/batch.ts'
import { encodeEnvelope, eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { handlerSinks } from '#lib/processing/handler-sinks.ts'
import { on } from '#lib/processing/handler.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { bareLoop, bareLoopWithWrites, powertools, type BatchHandler } from './consume-peers.ts'
import { interleaved } from './measure.ts'
import { fixed, table } from './table.ts'

const batchSize = 10

/** A client that answers at once and counts: what is timed is the worker's own work, not a network. */
interface CountingClient {
  readonly client: DynamoDBClient
  readonly requests: () => number
}

/** A batch of ten 1 KB events with a handler that does nothing, DynamoDB answered in process. */
export async function benchConsume(): Promise<string> {
  const peers: { name: string; make: (client: DynamoDBClient) => BatchHandler; event: SQSEvent }[] = [
    { name: 'bare loop', make: () => bareLoop(parse), event: plainBatch() },
    {
      name: 'bare loop + hashed key + 2 writes',
      make: (c) => bareLoopWithWrites(parse, c),
      event: plainBatch(),
    },
    { name: 'sluice', make: sluice, event: envelopeBatch() },
    { name: 'powertools batch + idempotency', make: (c) => powertools(parse, c), event: plainBatch() },
  ]
  const counts = new Map<string, number>()
  const cases = []
  for (const { name, make, event } of peers) {
    const { client, requests } = countingClient()
    const handler = make(client)
    assertNoFailures(name, await handler(event, context))
    counts.set(name, requests() / batchSize)
    cases.push({ name, run: () => handler(event, context) })
  }
  const timings = await interleaved(cases, { rounds: 15, sliceMs: 50 })
  const base = timings[0]?.microsPerRun ?? 0
  return table(
    ['consume 10 x 1 KB', 'us/record', 'us over bare', 'DynamoDB requests/event'],
    timings.map(({ name, microsPerRun }) => [
      name,
      fixed(microsPerRun / batchSize),
      fixed((microsPerRun - base) / batchSize),
      fixed(counts.get(name) ?? 0, 1),
    ]),
  )
}

const context = {
  getRemainingTimeInMillis: () => 30_000,
  awsRequestId: 'bench',
  functionName: 'bench',
} as Context

const parse = async ({ body }: SQSRecord): Promise<unknown> => JSON.parse(body) as unknown

function sluice(client: DynamoDBClient): BatchHandler {
  return workerBatch({
    claims: dynamoClaims({ client, table: 'ledger', clock: systemClock }),
    held: { note: unused },
    hints: { of: () => [], send: async () => {} },
    sightings: { polled: unused, brought: unused },
    objects: { put: unused, get: unused, delete: unused, list: unused },
    sinks: handlerSinks([on('*', () => {})]),
    declaration: () => undefined,
    ownership: () => undefined,
    busEndpoint: () => undefined,
    queue: { send: unused },
    maxAttempts: 8,
    clock: systemClock,
    random: systemRandom,
    fetch: globalThis.fetch,
    apiOf: () => undefined,
    sluice: { fetch: () => globalThis.fetch },
    log: silentLog,
    metrics: { count: () => {}, measure: () => {} },
    hide: unused,
  })
}

const unused = (): Promise<never> => Promise.reject(new Error('the bench does not come here'))

function countingClient(): CountingClient {
  let requests = 0
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  const record = {
    v: { N: '1' },
    st: { S: 'claimed' },
    pk: { S: 'evt_bench' },
    owner: { S: 'bench' },
    contentHash: { S: 'bench' },
    expireAt: { N: '9999999999' },
    fence: { N: '1' },
    attempts: { N: '1' },
    leaseUntil: { N: '0' },
  }
  client.send = (() => {
    requests += 1
    return Promise.resolve({ Attributes: record })
  }) as never
  return { client, requests: () => requests }
}

const payload = (i: number): string =>
  JSON.stringify({ id: `evt_${i}`, type: 'bench', data: 'a'.repeat(980) })

const record = (i: number, body: string): SQSRecord =>
  ({
    messageId: `m${i}`,
    receiptHandle: 'r',
    body,
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:1:events',
  }) as unknown as SQSRecord

const plainBatch = (): SQSEvent => ({
  Records: Array.from({ length: batchSize }, (_, i) => record(i, payload(i))),
})

const envelopeBatch = (): SQSEvent => ({
  Records: Array.from({ length: batchSize }, (_, i) => record(i, encodeEnvelope(envelope(i)))),
})

const envelope = (i: number): Envelope => ({
  v: 1,
  id: eventId('default', 'bench', `evt_${i}`),
  tenant: 'default',
  provider: 'hmac',
  endpoint: 'bench',
  via: 'webhook',
  deliveryKey: `evt_${i}`,
  type: 'bench',
  receivedAt: systemClock.now(),
  contentType: 'application/json',
  headers: {},
  body: inlineBody(Buffer.from(payload(i))),
})

function assertNoFailures(name: string, answer: unknown): void {
  const { batchItemFailures = [] } = (answer ?? {}) as { readonly batchItemFailures?: readonly unknown[] }
  if (batchItemFailures.length > 0) throw new Error(`${name} failed: the bench measures nothing`)
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerKey } from '#lib/config/names.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { eventBridgeBus } from '#lib/processing/bus.eventbridge.ts'
import type { Tables } from '#test/fakes/tables.ts'
import {
  envelopeOf,
  givenWorker,
  startLedger,
  type Effect,
  type GivenWorker,
} from '#test/fakes/given-worker.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

function given(failing: () => void = () => {}) {
  const effects: Effect[] = []
  const worker = givenWorker(table, {
    handlers: [
      (event, context) => {
        effects.push({ event, context })
        failing()
      },
    ],
  })
  return { ...worker, effects }
}

const never = (): Promise<never> => new Promise(() => {})

/** The worker dies at its `call`th request to the Ledger: nothing that comes after it happens. */
async function dieAt({ faults, requests }: GivenWorker, call: number, when: 'before' | 'after') {
  const died = Promise.withResolvers<void>()
  faults[when] = () => {
    if (requests.length !== call) return undefined
    delete faults[when]
    died.resolve()
    return never()
  }
  return died.promise
}

describe('a worker that dies', () => {
  test('F16: before its claim leaves no record, and the next delivery is the first attempt', async () => {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    const death = dieAt(worker, 1, 'before')
    void worker.work([envelope])
    await death
    expect(await worker.record(envelope.id)).toBeUndefined()
    expect(await worker.work([envelope])).toEqual([])
    expect(worker.effects[0]?.context).toMatchObject({ attempt: 1, fence: 1 })
  })

  test('F19: after the effect and before it is written down is followed by a run with the same key', async () => {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    const death = dieAt(worker, 2, 'before')
    void worker.work([envelope])
    await death
    const next = worker.sandbox({ random: seededRandom(8) })
    expect(await next([envelope])).toEqual(['m0'])
    expect(worker.effects).toHaveLength(1)
    await worker.clock.advance(worker.hidden.get('m0') ?? 0)
    expect(await next([envelope])).toEqual([])
    const [first, second] = worker.effects.map(({ context }) => context)
    expect(second).toMatchObject({ idempotencyKey: first?.idempotencyKey, attempt: 2, fence: 2 })
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'done', attempts: 2 })
  })

  test('F20: after it was written down and before the queue knows is followed by no run', async () => {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    const death = dieAt(worker, 2, 'after')
    void worker.work([envelope])
    await death
    expect(await worker.work([envelope])).toEqual([])
    expect(worker.effects).toHaveLength(1)
    expect(worker.counted).toEqual(['EventDuplicate'])
  })

  test('F40: after the bus has the event publishes it again, under the same id', async () => {
    const ids: unknown[] = []
    const send = async ({ input }: PutEventsCommand) => {
      for (const { Detail = '' } of input.Entries ?? []) ids.push((JSON.parse(Detail) as { id: string }).id)
      return { FailedEntryCount: 0 }
    }
    const bus = eventBridgeBus({ client: { send: send as never }, busName: 'bus' })
    const worker = givenWorker(table, { sinks: [bus] })
    const envelope = envelopeOf(worker.clock)
    const death = dieAt(worker, 2, 'before')
    void worker.work([envelope])
    await death
    await worker.clock.advance(minutes(1))
    expect(await worker.sandbox({ random: seededRandom(8) })([envelope])).toEqual([])
    expect(ids).toEqual([envelope.deliveryKey, envelope.deliveryKey])
  })
})

test('D1: when the SDK repeats a claim whose answer got lost, the same attempt goes on', async () => {
  const worker = given()
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: (await table.client.config.endpoint?.()) as never,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 2,
  })
  let requests = 0
  client.middlewareStack.add(
    (next) => async (args) => {
      requests += 1
      const isFirst = requests === 1
      const answer = await next(args)
      if (isFirst) throw Object.assign(new Error('the answer is lost'), { name: 'TimeoutError' })
      return answer
    },
    { step: 'deserialize', priority: 'high' },
  )
  const claims = dynamoClaims({ client, table: 'ledger', clock: worker.clock })
  const envelope = envelopeOf(worker.clock)
  expect(await worker.sandbox({ claims })([envelope])).toEqual([])
  client.destroy()
  expect(requests).toBe(3)
  expect(worker.effects[0]?.context).toMatchObject({ attempt: 1, fence: 1 })
  expect(await worker.record(envelope.id)).toMatchObject({ st: 'done', attempts: 1 })
})

test('D2: a failed event is released by its state; the record stays, with its last owner', async () => {
  const worker = given(() => {
    throw new Error('no')
  })
  const envelope = envelopeOf(worker.clock)
  let owner: unknown
  worker.faults.before = (_operation, input) => {
    owner ??= (input as { ExpressionAttributeValues: Record<string, { S?: string }> })
      .ExpressionAttributeValues[':me']?.S
  }
  await worker.work([envelope])
  expect(worker.requests).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
  expect(await worker.record(envelope.id)).toMatchObject({ st: 'retry', leaseUntil: 0, owner })
})

test('D4: how often the queue delivered a message never makes its event dead', async () => {
  let broken = true
  const worker = given(() => {
    if (broken) throw new Error('no')
  })
  const envelope = envelopeOf(worker.clock)
  expect(await worker.work([envelope], { receiveCount: 99 })).toEqual(['m0'])
  expect(await worker.record(envelope.id)).toMatchObject({ st: 'retry', attempts: 1 })
  broken = false
  expect(await worker.work([envelope], { receiveCount: 100 })).toEqual([])
  expect(await worker.record(envelope.id)).toMatchObject({ st: 'done' })
})

test('F38: what is decided is decided by conditional writes and the items they return, never by a read', async () => {
  const worker = given()
  const asked: unknown[] = []
  worker.faults.before = (operation, input) => void asked.push({ operation, ...input })
  const first = envelopeOf(worker.clock)
  await worker.work([first, first, envelopeOf(worker.clock)])
  await worker.work([first])
  expect(asked.length).toBeGreaterThan(4)
  for (const request of asked) {
    expect(request).toMatchObject({
      operation: 'UpdateItemCommand',
      Key: { [ledgerKey]: expect.anything() as unknown },
      ConditionExpression: expect.any(String) as string,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
  }
})

test('F28: two events of one thing that come in the wrong order are both handled, each as it is', async () => {
  const worker = given()
  const text = (version: number) => JSON.stringify({ id: `evt_v${version}`, thing: 'a', version })
  const [older, newer] = [1, 2].map((version) =>
    envelopeOf(worker.clock, { text: text(version), occurredAt: (1_780_000_000_000 + version) as never }),
  )
  for (const envelope of [newer, older]) if (envelope) await worker.work([envelope])
  expect(worker.effects.map(({ event }) => (event.data as { version: number }).version)).toEqual([2, 1])
  expect(worker.effects.map(({ event }) => event.time).toSorted()).toEqual(
    worker.effects.map(({ event }) => event.time).toReversed(),
  )
})

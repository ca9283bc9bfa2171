import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withRound } from '#functions/common/with-round.ts'
import { operations } from '#lib/admin/operations.ts'
import type { Diagnosis } from '#lib/admin/schemas-diagnosis.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { hours, iso, later, minutes, type EpochMs } from '#lib/primitives/clock.ts'
import { dynamoRounds } from '#lib/telemetry/rounds.dynamo.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
let given: GivenAdmin
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
})
afterAll(() => tables.close())

const now = (): EpochMs => given.deps.clock.now()

async function diagnosed(): Promise<Diagnosis> {
  const response = await given.api('/api/diagnosis')
  const body: unknown = await response.json()
  expect([response.status, body]).toEqual([200, body])
  return operations.getDiagnosis.answer.parse(body)
}

/** An item of the index of what is due, as connections and subscriptions have. */
const due = (pk: string, bucket: string, at: EpochMs) =>
  tables.client.send(
    new PutItemCommand({
      TableName: given.connectionsTable,
      Item: {
        pk: { S: pk },
        sk: { S: 'it' },
        refreshBucket: { S: bucket },
        refreshAt: { S: String(at).padStart(13, '0') },
      },
    }),
  )

test('of an empty deployment says that nothing has run yet and nothing is overdue', async () => {
  expect(await diagnosed()).toEqual({
    at: iso(now()),
    stage: 'test',
    role: 'admin',
    rounds: { sweeper: null, refresher: null, poller: null },
    tick: { minute: null },
    polls: { looked: 0, more: false, late: 0, still: 0, blocked: 0, held: [] },
    refreshes: { count: 0, since: null },
    subscriptions: { count: 0, since: null },
    deadLetters: { count: 0, more: false },
    queues: { events: { waiting: 0, inFlight: 0 } },
  })
})

test('tells when each schedule came to its end, and up to which minute polls are queued', async () => {
  const rounds = dynamoRounds({ client: tables.client, table: given.controlTable })
  await rounds.note('sweeper', later(now(), 0 - minutes(9)))
  await rounds.note('sweeper', later(now(), 0 - minutes(2)))
  await rounds.note('poller', now())
  await dynamoTickMemory({ client: tables.client, table: given.connectionsTable }).write({
    minute: 29_000_000,
  })

  expect(await diagnosed()).toMatchObject({
    rounds: { sweeper: iso(later(now(), 0 - minutes(2))), refresher: null, poller: iso(now()) },
    tick: { minute: '2025-02-19T21:20:00.000Z' },
  })
})

test('counts what is overdue since more than ten minutes, and not what is on its way', async () => {
  await due('c1', 'due#0', later(now(), 0 - hours(2)))
  await due('c2', 'due#3', later(now(), 0 - minutes(11)))
  await due('c3', 'due#3', later(now(), 0 - minutes(9)))
  await due('keeper#c1', 'keeper', later(now(), 0 - minutes(30)))

  expect(await diagnosed()).toMatchObject({
    refreshes: { count: 2, since: iso(later(now(), 0 - hours(2))) },
    subscriptions: { count: 1, since: iso(later(now(), 0 - minutes(30))) },
  })
})

test('names polls that are not read as they should be, with their last error', async () => {
  const id = { connection: `conn_${'0'.repeat(32)}`, stream: 'events' }
  const polls = dynamoPolls({ client: tables.client, table: given.connectionsTable, clock: given.deps.clock })
  await polls.create({
    ...id,
    tenant: 'acme',
    provider: 'stripe',
    endpoint: 'stripe',
    phase: phaseFor(id, 5),
    createdAt: later(now(), 0 - hours(3)),
  })

  expect((await diagnosed()).polls).toEqual({
    looked: 1,
    more: false,
    late: 1,
    still: 0,
    blocked: 0,
    held: [{ id: `${id.connection}:events`, tenant: 'acme', state: 'late', lastError: null }],
  })
})

test('counts dead letters', async () => {
  await given.seed({ key: 'one', status: 'dead' })
  await given.seed({ key: 'two' })
  expect((await diagnosed()).deadLetters).toEqual({ count: 1, more: false })
})

test('tells the rest when a store does not answer, and what does not answer as unknown', async () => {
  const failing = () => Promise.reject(new Error('planted'))
  const { diagnosis } = given.deps
  given = await givenAdmin(tables, {
    changes: {
      diagnosis: { ...diagnosis, rounds: { read: failing }, queues: { events: failing } },
    },
  })
  expect(await diagnosed()).toMatchObject({
    rounds: null,
    queues: { events: null },
    deadLetters: { count: 0 },
  })
  expect(given.lines.join()).toContain('a part of the diagnosis could not be read')
})

test('a start by the schedule is noted when it has ended, a batch of a queue is not, and a note that fails ends nothing', async () => {
  const noted: string[] = []
  const lines: string[] = []
  const deps = {
    clock: given.deps.clock,
    log: (_: string, message: string) => void lines.push(message),
    rounds: { note: async (name: string) => void noted.push(name) },
  }
  const poller = withRound('poller', async (event: object) => Object.keys(event), deps)
  expect(await poller({ Records: [] })).toEqual(['Records'])
  expect(noted).toEqual([])
  await poller({})
  expect(noted).toEqual(['poller'])
  await expect(withRound('sweeper', () => Promise.reject(new Error('x')), deps)({})).rejects.toThrow('x')
  expect(noted).toEqual(['poller'])
  const rounds = { note: () => Promise.reject(new Error('planted')) }
  await withRound('sweeper', async () => {}, { ...deps, rounds })({})
  expect(lines).toEqual(['the end of a round could not be noted'])
})

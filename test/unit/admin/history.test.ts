import { BatchGetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledger } from '#lib/config/defaults.ts'
import { dynamoHistory } from '#lib/idempotency/history.dynamo.ts'
import type { HistoryQuery } from '#lib/idempotency/history.ts'
import { days, epochMs, hours, later, minutes } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

const { signal } = new AbortController()

const query = (given: GivenAdmin, changes: Partial<HistoryQuery> = {}): HistoryQuery => {
  const now = given.deps.clock.now()
  return {
    filter: {},
    since: later(now, -Number(days(1))),
    until: later(now, minutes(1)),
    limit: 10,
    ...changes,
  }
}

/** Every page of a list, as keys. */
async function keysOf(given: GivenAdmin, list: 'events' | 'dead', wanted: HistoryQuery) {
  const keys: string[] = []
  const sizes: number[] = []
  let after: string | undefined
  do {
    const page = await given.history[list]({ ...wanted, after }, signal)
    keys.push(...page.records.map(({ deliveryKey }) => deliveryKey))
    sizes.push(page.records.length)
    after = page.next
  } while (after !== undefined)
  return { keys, sizes }
}

describe('events by time', () => {
  test('come newest first over shards and hours, each once, whatever the size of a page', async () => {
    const given = await givenAdmin(tables)
    const ages = Array.from({ length: 60 }, (_, index) => index * minutes(11))
    await Promise.all(ages.map((age, index) => given.seed({ key: `k${index}`, age })))
    const expected = ages.map((_, index) => `k${index}`)

    for (const limit of [1, 7, 60, 100]) {
      const { keys, sizes } = await keysOf(given, 'events', query(given, { limit }))
      expect(keys).toEqual(expected)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit)
    }
  })

  test('B128: a damaged record hides no other', async () => {
    const given = await givenAdmin(tables)
    await Promise.all(
      ['first', 'broken', 'last'].map((key, index) => given.seed({ key, age: index * 1_000 })),
    )
    const { records } = await given.history.events(query(given), signal)
    const broken = records.find(({ deliveryKey }) => deliveryKey === 'broken')
    await tables.client.send(
      new UpdateItemCommand({
        TableName: given.ledgerTable,
        Key: { pk: { S: broken?.pk ?? '' } },
        UpdateExpression: 'SET v = :later',
        ExpressionAttributeValues: { ':later': { N: '9' } },
      }),
    )
    expect((await keysOf(given, 'events', query(given))).keys).toEqual(['first', 'last'])
  })

  test('of one millisecond are told apart by their ids', async () => {
    const given = await givenAdmin(tables)
    await Promise.all(Array.from({ length: 40 }, (_, index) => given.seed({ key: `k${index}` })))

    const { keys } = await keysOf(given, 'events', query(given, { limit: 3 }))

    expect(keys).toHaveLength(40)
    expect(new Set(keys).size).toBe(40)
  })

  test('of a busy hour are complete although each partition is read in parts', async () => {
    const given = await givenAdmin(tables, { clock: virtualClock(Date.parse('2026-03-02T12:59:00Z')) })
    const ages = Array.from({ length: 240 }, (_, index) => index * 10_000)
    const rare = (index: number) => index % 20 === 0
    await Promise.all(
      ages.map((age, index) => given.seed({ key: `k${index}`, age, status: rare(index) ? 'retry' : 'done' })),
    )
    const all = ages.map((_, index) => `k${index}`)
    const keys = async (changes: Partial<HistoryQuery>) =>
      (await keysOf(given, 'events', query(given, changes))).keys

    expect(await keys({ limit: 10 })).toEqual(all)
    expect(await keys({ limit: 10, filter: { status: 'retry' } })).toEqual(
      all.filter((_, index) => rare(index)),
    )
  })

  test('are those since the one time and before the other', async () => {
    const given = await givenAdmin(tables)
    for (const [key, age] of [
      ['a', 1_000],
      ['b', 2_000],
      ['c', 3_000],
    ] as const)
      await given.seed({ key, age })
    const now = given.deps.clock.now()

    const window = { since: later(now, -2_000), until: later(now, -1_000) }

    expect((await keysOf(given, 'events', query(given, window))).keys).toEqual(['b'])
  })

  test('are narrowed by tenant, provider, type and status, over pages', async () => {
    const given = await givenAdmin(tables)
    for (let index = 0; index < 12; index += 1) {
      await given.seed({
        key: `k${index}`,
        age: index * minutes(40),
        tenant: index % 2 ? 'acme' : 'umbrella',
        provider: index % 3 ? 'stripe' : 'github',
        status: index % 4 ? 'done' : 'retry',
      })
    }
    const narrowed = async (filter: HistoryQuery['filter']) =>
      (await keysOf(given, 'events', query(given, { filter, limit: 2 }))).keys

    expect(await narrowed({ tenant: 'acme' })).toEqual(['k1', 'k3', 'k5', 'k7', 'k9', 'k11'])
    expect(await narrowed({ provider: 'github' })).toEqual(['k0', 'k3', 'k6', 'k9'])
    expect(await narrowed({ status: 'retry' })).toEqual(['k0', 'k4', 'k8'])
    expect(await narrowed({ status: 'retry', tenant: 'acme' })).toEqual([])
    expect(await narrowed({ type: 'invoice.paid', provider: 'github', status: 'done' })).toEqual([
      'k3',
      'k6',
      'k9',
    ])
  })

  test('one page of a long quiet time ends within its budget, and the next ones find what is beyond', async () => {
    const given = await givenAdmin(tables)
    await given.seed({ key: 'old', age: days(29) })
    let queries = 0
    const client = {
      send: (...args: Parameters<typeof tables.client.send>) => {
        queries += 1
        return tables.client.send(...args)
      },
    } as typeof tables.client
    const history = dynamoHistory({ client, table: given.ledgerTable, clock: given.deps.clock })
    const wanted = query(given, { since: later(given.deps.clock.now(), -Number(days(30))) })

    const first = await history.events(wanted, signal)

    expect(queries).toBeLessThanOrEqual(1_000)
    expect(first.records).toEqual([])
    expect(first.next).toBeDefined()
    expect((await keysOf(given, 'events', wanted)).keys).toEqual(['old'])
  })

  test('carry no envelope', async () => {
    const given = await givenAdmin(tables)
    await given.seed({ key: 'a' })

    const [record] = (await given.history.events(query(given), signal)).records

    expect(record).toMatchObject({ deliveryKey: 'a', st: 'done', attempts: 1 })
    expect(record).not.toHaveProperty('envelope')
  })
})

describe('dead events', () => {
  test('come by the time of their death, over months, narrowed by reason', async () => {
    const clock = virtualClock(Date.parse('2026-03-02T00:00:00Z'))
    const given = await givenAdmin(tables, { clock })
    for (let index = 0; index < 8; index += 1) {
      const reason = index % 2 ? 'conflict' : 'attempts_exhausted'
      await given.seed({ key: `k${index}`, age: days(index), status: 'dead', reason })
    }
    await given.seed({ key: 'done' })
    const window = { since: later(clock.now(), -Number(days(31))), limit: 3 }

    const all = await keysOf(given, 'dead', query(given, window))
    const conflicts = await keysOf(given, 'dead', query(given, { ...window, filter: { reason: 'conflict' } }))

    expect(all.keys).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'])
    expect(conflicts.keys).toEqual(['k1', 'k3', 'k5', 'k7'])
  })
})

describe('one record', () => {
  test('comes whole, and is absent when nobody wrote it', async () => {
    const given = await givenAdmin(tables)
    const id = await given.seed({ key: 'a' })

    expect(await given.history.get(id, signal)).toMatchObject({
      pk: id,
      envelope: expect.anything() as unknown,
    })
    expect(await given.history.get('evt_nobody', signal)).toBeUndefined()
  })

  test('past its retention is as good as absent, everywhere', async () => {
    const clock = virtualClock()
    const given = await givenAdmin(tables, { clock })
    const id = await given.seed({ key: 'a', status: 'dead' })
    const past = { since: epochMs(clock.now() - hours(1)), until: later(clock.now(), hours(1)) }

    await clock.advance(ledger.retentionMs + 1_000)

    expect(await given.history.get(id, signal)).toBeUndefined()
    expect((await given.history.events(query(given, past), signal)).records).toEqual([])
    expect((await given.history.dead(query(given, past), signal)).records).toEqual([])
  })
})

describe('a ledger in trouble', () => {
  test('keys that a throttled batch left undone are asked for again', async () => {
    const clock = virtualClock()
    const given = await givenAdmin(tables, { clock })
    for (const key of ['a', 'b', 'c']) await given.seed({ key })
    let batches = 0
    const client = {
      send: async (command: BatchGetItemCommand) => {
        if (!(command instanceof BatchGetItemCommand)) return tables.client.send(command)
        batches += 1
        const [[table, { Keys = [], ...rest }] = ['', {}]] = Object.entries(command.input.RequestItems ?? {})
        const one = new BatchGetItemCommand({
          RequestItems: { [table]: { ...rest, Keys: Keys.slice(0, 1) } },
        })
        const left = Keys.slice(1)
        const answer = await tables.client.send(one)
        return { ...answer, UnprocessedKeys: left.length > 0 ? { [table]: { ...rest, Keys: left } } : {} }
      },
    } as unknown as typeof tables.client
    const history = dynamoHistory({ client, table: given.ledgerTable, clock })

    const reading = history.events(query(given), signal)
    await expect.poll(() => clock.next()).toBe(true)
    await expect.poll(() => clock.next()).toBe(true)

    expect((await reading).records).toHaveLength(3)
    expect(batches).toBe(3)
  })

  test('does not answer: the reader says so in its own words', async () => {
    const client = { send: () => Promise.reject(new Error('canary')) } as unknown as typeof tables.client
    const history = dynamoHistory({ client, table: 'ledger', clock: virtualClock() })
    const unavailable = { code: 'LEDGER_UNAVAILABLE' }
    const wanted = { filter: {}, since: epochMs(0), until: epochMs(1_000), limit: 1 }

    await expect(history.get('evt_x', signal)).rejects.toMatchObject(unavailable)
    await expect(history.events(wanted, signal)).rejects.toMatchObject(unavailable)
    await expect(history.dead(wanted, signal)).rejects.toMatchObject(unavailable)
  })
})

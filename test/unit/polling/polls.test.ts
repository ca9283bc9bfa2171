import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { phaseFor } from '#lib/polling/phases.ts'
import { afterWrite, type PollLeaseOutcome } from '#lib/polling/poll-state.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { epochMs, later } from '#lib/primitives/clock.ts'
import { givenPoll, givenPolls, losing, timeAt } from '#test/fakes/given-polls.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

const given = () => givenPolls(tables.client)

function leaseOf(outcome: PollLeaseOutcome) {
  if (outcome.kind !== 'leased') throw new Error(outcome.kind)
  return outcome.lease
}
const wish = (world: ReturnType<typeof given>, owner: string) => ({
  owner,
  until: later(world.clock.now(), 60_000),
  due: world.clock.now(),
})

describe('a poll', () => {
  test('is made once: a second making leaves the watermark as it is', async () => {
    const world = given()
    const poll = await givenPoll(world)
    const lease = leaseOf(await world.polls.lease(poll, wish(world, 'a')))
    const watermark = timeAt(epochMs(1_780_000_000_123))
    expect(await world.polls.release(lease, { watermark, cursor: { token: 'x' } })).toBe('saved')

    expect(await world.polls.create({ ...poll, watermark: timeAt(epochMs(0)) })).toBe('exists')

    expect(await world.polls.get(poll)).toMatchObject({ watermark, cursor: { token: 'x' } })
  })

  test('is found by its ids and listed by tenant, and gone when it was removed', async () => {
    const world = given()
    const tenant = `tenant-${crypto.randomUUID().slice(0, 8)}`
    const first = await givenPoll(world, { tenant })
    const second = await givenPoll(world, { tenant })
    expect(await world.polls.find([second, { connection: 'conn_none', stream: 'events' }])).toEqual([second])

    const page = await world.polls.list(tenant, undefined, 1)
    const rest = await world.polls.list(tenant, page.next, 10)
    expect([...page.polls, ...rest.polls].map(({ connection }) => connection).toSorted()).toEqual(
      [first.connection, second.connection].toSorted(),
    )

    await world.polls.remove(first)
    expect(await world.polls.get(first)).toBeUndefined()
    expect(await world.polls.lease(first, wish(world, 'a'))).toEqual({ kind: 'gone' })
  })

  test('every field of a change is read back as it was written, and what is unset is gone', async () => {
    const world = given()
    const poll = await givenPoll(world)
    const lease = leaseOf(await world.polls.lease(poll, wish(world, 'a')))
    const change = {
      watermark: { text: '2026-06-01T00:00:00.123456789Z', at: epochMs(1_780_272_000_123) },
      cursor: 'token',
      place: { params: { page: '7' } },
      etag: '"e"',
      lastModified: 'Sat, 21 Nov 2026 09:00:00 GMT',
      askedIntervalMs: 60_000,
      gap: { of: 'all' as const, since: epochMs(1), until: epochMs(2) },
      phase: { every: 15 as const, slot: 7 },
      completeAt: epochMs(3),
      lastChangeAt: epochMs(4),
      nextAt: epochMs(5),
      failures: 6,
      failure: 'no',
      streak: -7,
      cause: 'revoked',
      missedAt: epochMs(8),
      recent: 'abcdefgh',
      state: 'blocked' as const,
    }
    expect(await world.polls.advance(lease, { ...change, found: 9, missed: 10 })).toBe('saved')
    expect(await world.polls.get(poll)).toMatchObject({ ...change, found: 9, missed: 10 })

    const removed = {
      cursor: undefined,
      place: undefined,
      nextAt: undefined,
      failure: undefined,
      etag: undefined,
    }
    expect(await world.polls.release(afterWrite(lease), { ...removed, found: 1 })).toBe('saved')
    const now = await world.polls.get(poll)
    expect(Object.keys(removed).filter((name) => now && name in now)).toEqual([])
    expect(now).toMatchObject({ found: 10, watermark: change.watermark, leaseUntil: 0 })
  })

  test('a change from outside takes the lease away from the run that is under way', async () => {
    const world = given()
    const poll = await givenPoll(world)
    const lease = leaseOf(await world.polls.lease(poll, wish(world, 'a')))
    expect(await world.polls.change(poll, { state: 'paused' })).toBe('saved')
    expect(await world.polls.release(lease, { watermark: timeAt(world.clock.now()) })).toBe('lost')
    expect(await world.polls.get(poll)).toMatchObject({ state: 'paused', watermark: poll.watermark })
  })
})

describe('the lease of a poll', () => {
  test('is for one at a time; the second is told until when (F45)', async () => {
    const world = given()
    const poll = await givenPoll(world)
    expect((await world.polls.lease(poll, wish(world, 'a'))).kind).toBe('leased')
    expect(await world.polls.lease(poll, wish(world, 'b'))).toEqual({
      kind: 'busy',
      leaseUntil: later(world.clock.now(), 60_000),
    })
  })

  test("an expired one is taken over, and the zombie's writes are rejected (F45)", async () => {
    const world = given()
    const poll = await givenPoll(world)
    const zombie = leaseOf(await world.polls.lease(poll, wish(world, 'a')))
    await world.clock.advance(60_001)
    const lease = leaseOf(await world.polls.lease(poll, wish(world, 'b')))
    expect(lease.fence).toBe(zombie.fence + 1)
    expect(await world.polls.advance(zombie, { watermark: timeAt(world.clock.now()) })).toBe('lost')
    expect(await world.polls.release(zombie, {})).toBe('lost')
    expect(await world.polls.release(lease, {})).toBe('saved')
  })

  test('is not given for what ran since it was due, waits, or is paused', async () => {
    const world = given()
    const poll = await givenPoll(world)
    await world.polls.release(leaseOf(await world.polls.lease(poll, wish(world, 'a'))), {})
    expect((await world.polls.lease(poll, wish(world, 'b'))).kind).toBe('not_due')

    await world.clock.advance(1_000)
    const nextAt = later(world.clock.now(), 60_000)
    await world.polls.release(leaseOf(await world.polls.lease(poll, wish(world, 'c'))), { nextAt })
    await world.clock.advance(1_000)
    expect((await world.polls.lease(poll, wish(world, 'd'))).kind).toBe('not_due')
    const urgent = await world.polls.lease(poll, { ...wish(world, 'e'), urgent: true })
    await world.polls.release(leaseOf(urgent), {})

    const now = await world.polls.get(poll)
    await world.polls.change(now ?? poll, { state: 'paused' })
    await world.clock.advance(1_000)
    expect((await world.polls.lease(poll, { ...wish(world, 'f'), urgent: true })).kind).toBe('not_due')
  })

  test('a taking, a saving and a releasing whose answers got lost are ours (F44)', async () => {
    const world = given()
    const poll = await givenPoll(world)
    const lossy = dynamoPolls({
      client: losing(tables.client, () => true),
      table: 'connections',
      clock: world.clock,
    })
    const lease = leaseOf(await lossy.lease(poll, wish(world, 'a')))
    const watermark = timeAt(world.clock.now())
    expect(await lossy.advance(lease, { watermark, found: 1 })).toBe('saved')
    expect(await lossy.release(afterWrite(lease), { found: 1 })).toBe('saved')
    expect(await world.polls.get(poll)).toMatchObject({ watermark, found: 2, version: 2, leaseUntil: 0 })
  })

  test('a releasing is not taken for done because a saving before it was (F44)', async () => {
    const world = given()
    const poll = await givenPoll(world)
    const lease = leaseOf(await world.polls.lease(poll, wish(world, 'a')))
    await world.polls.advance(lease, {})
    expect(await world.polls.release(lease, {})).toBe('lost')
  })
})

describe('rows of phases', () => {
  test('a phase holds the polls that were put there, each once, page by page', async () => {
    const world = given()
    const phase = { every: 360 as const, slot: 123 }
    const poll = await givenPoll(world, { phase })
    await world.phases.put(phase, poll)
    expect(await world.phases.due(phase)).toEqual({
      polls: [{ tenant: 'acme', provider: 'sandbox', connection: poll.connection, stream: 'events' }],
    })
    await world.phases.remove(phase, poll, world.clock.now())
    expect((await world.phases.due(phase)).polls, 'put at that very moment: it stays').toHaveLength(1)
    await world.phases.remove(phase, poll, later(world.clock.now(), 1))
    expect((await world.phases.due(phase)).polls).toEqual([])
  })

  test('slots are spread by hash: no minute of a class takes much more than its share', () => {
    const counts = new Map<number, number>()
    for (let i = 0; i < 15_000; i += 1) {
      const { slot } = phaseFor({ connection: `conn_${i}`, stream: 'events' }, 15)
      counts.set(slot, (counts.get(slot) ?? 0) + 1)
    }
    expect(counts.size).toBe(15)
    expect(Math.max(...counts.values())).toBeLessThan(1_150)
  })
})

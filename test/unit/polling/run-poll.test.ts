import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventId } from '#lib/buffer/envelope.ts'
import { ApiError, type ApiErrorKind } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { runPoll } from '#lib/polling/run-poll.ts'
import { epochMs, later } from '#lib/primitives/clock.ts'
import {
  givenPoll,
  givenPolls,
  itemOf,
  losing,
  orderFor,
  pages,
  placeAt,
  timeAt,
} from '#test/fakes/given-polls.ts'
import type { VirtualClock } from '#test/fakes/virtual-clock.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

async function given(changes?: Parameters<typeof givenPoll>[1]) {
  const world = givenPolls(tables.client)
  const poll = await givenPoll(world, changes)
  const begun = world.clock.now()
  return {
    ...world,
    poll,
    begun,
    at: (minutes: number) => timeAt(epochMs(begun + minutes * 60_000)),
    run: async (more: object = {}) => {
      await world.clock.advance(1_000)
      return runPoll({ ...orderFor(poll, world.clock.now()), ...more }, world.deps)
    },
    stored: async () => (await world.polls.get(poll)) as typeof poll,
  }
}

/** Lets time pass, a little at a time, until `work` is done. */
async function passing<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let done = false
  work.finally(() => (done = true)).catch(() => {})
  while (!done) await clock.advance(20)
  return work
}

const failing = (kind: ApiErrorKind, more: object = {}) =>
  new ApiError({ provider: 'sandbox', status: 400, kind, ...more })
const throwing = (error: Error) =>
  // oxlint-disable-next-line require-yield
  async function* () {
    throw error
  }

describe('a run', () => {
  test('queues what it finds under the ids of webhooks, then moves the watermark to what the pages prove', async () => {
    const world = await given({ endpoint: 'sandbox-eu' })
    world.state.read = pages({
      items: [itemOf('a'), { ...itemOf('b'), changeKey: 'fact-b' }],
      largest: world.at(-1),
    })

    expect(await world.run()).toEqual({ kind: 'done', found: 2 })

    expect(world.queued.map(({ id }) => id)).toEqual([
      eventId('acme', 'sandbox-eu', 'a'),
      eventId('acme', 'sandbox-eu', 'fact-b'),
    ])
    expect(world.queued[0]).toMatchObject({ via: 'poll', tenant: 'acme', type: 'thing', deliveryKey: 'a' })
    expect(world.asked).toEqual([{ watermark: world.poll.watermark?.text }])
    expect(await world.stored()).toMatchObject({ watermark: world.at(-1), found: 2, failures: 0 })
  })

  test('an unchanged poll makes two writes and nothing else: its lease and its release', async () => {
    const world = await given()
    await world.run()
    world.calls.length = 0
    await world.run()
    expect(world.calls).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
    expect(world.sent).toEqual([])
  })

  test('what an overlap brings again is not queued again; what has changed is', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('a'), itemOf('b')], largest: world.at(-1) })
    await world.run()
    expect(await world.run()).toEqual({ kind: 'done', found: 0 })
    const changed = { ...itemOf('b'), bytes: Buffer.from('{"id":"b","v":2}') }
    world.state.read = pages({ items: [itemOf('a'), changed, changed] })
    expect(await world.run()).toEqual({ kind: 'done', found: 1 })
    expect(world.queued.map(({ deliveryKey }) => deliveryKey)).toEqual(['a', 'b', 'b'])
  })

  test('a cursor takes the place of the one before; one that is refused leaves everything as it was (B121)', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('a')], cursor: 'token-1' })
    await world.run()
    world.state.read = pages({ items: [itemOf('b')], cursor: 'x'.repeat(9_000), largest: world.at(-1) })
    expect(await world.run({ urgent: true })).toMatchObject({ kind: 'failed' })
    expect(world.asked.at(-1)).toMatchObject({ cursor: 'token-1' })
    expect(await world.stored()).toMatchObject({ cursor: 'token-1', watermark: world.poll.watermark })
    expect(world.queued, 'a page with a bad cursor is rejected whole').toHaveLength(1)
  })

  test('validators are kept and asked with, an unchanged list leaves them, and X-Poll-Interval slows it down', async () => {
    const world = await given()
    world.state.read = pages({ items: [], etag: '"1"', lastModified: 'then', pollIntervalMs: 600_000 })
    await world.run()
    world.state.read = pages({ items: [], notModified: true })
    await world.run()
    expect(world.asked.at(-1)).toMatchObject({ etag: '"1"', lastModified: 'then' })
    const stored = await world.stored()
    expect(stored).toMatchObject({ etag: '"1"', lastModified: 'then', askedIntervalMs: 600_000 })
    expect(stored.phase.every).toBe(15)
    expect((await world.phases.due(stored.phase)).polls).toContainEqual(
      expect.objectContaining({ connection: world.poll.connection }),
    )
    expect((await world.phases.due(world.poll.phase)).polls).not.toContainEqual(
      expect.objectContaining({ connection: world.poll.connection }),
    )
  })

  test('a gap is kept on the poll and counted', async () => {
    const world = await given()
    const gap = { of: 'all' as const, since: epochMs(1), until: epochMs(2) }
    world.state.read = pages({ items: [], gap })
    await world.run()
    expect(await world.stored()).toMatchObject({ gap })
    expect(world.counts).toContain('PollGap')
  })
})

describe('D17: the watermark', () => {
  test('never moves above our own clock and five minutes; what is from the future is queued all the same (B122)', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('2099')], largest: timeAt(epochMs(4_070_908_800_000)) })
    expect(await world.run()).toEqual({ kind: 'done', found: 1 })
    expect((await world.stored()).watermark).toEqual(world.poll.watermark)
  })

  test('never moves back, and never without proof', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('a')] }, { items: [itemOf('b')], largest: world.at(-100) })
    await world.run()
    expect((await world.stored()).watermark).toEqual(world.poll.watermark)
  })

  test('keeps the text of the provider, nanoseconds and all (B123)', async () => {
    const world = await given()
    const largest = { text: '2026-05-28T20:26:40.123456789+00:00', at: epochMs(world.begun - 1) }
    world.state.read = pages({ items: [itemOf('a')], largest })
    await world.run()
    await world.run()
    expect(world.asked.at(-1)?.watermark).toBe(largest.text)
  })

  test('a page that can not be read moves nothing (B119)', async () => {
    const world = await given()
    world.state.read = async function* () {
      yield { items: [itemOf('a')], place: placeAt(1) }
      throw new SluiceError('ANSWER_REFUSED', 'there is no list at /items')
    }
    expect(await world.run()).toMatchObject({ kind: 'failed' })
    const stored = await world.stored()
    expect(stored.watermark).toEqual(world.poll.watermark)
    expect(stored).toMatchObject({ place: placeAt(1), failures: 1 })
    expect(stored.failure).toContain('ANSWER_REFUSED')
  })

  test('a list that leads astray moves nothing (B120)', async () => {
    const world = await given()
    world.state.read = throwing(new SluiceError('ANSWER_REFUSED', 'it leads to another origin'))
    expect(await world.run()).toMatchObject({ kind: 'failed' })
    expect((await world.stored()).watermark).toEqual(world.poll.watermark)
  })

  test('stands before what the queue did not take, and the page is read again (F51)', async () => {
    const world = await given()
    world.state.read = pages(
      { items: [itemOf('a')], largest: world.at(-3), place: placeAt(1) },
      { items: [itemOf('b'), itemOf('c')], largest: world.at(-2) },
    )
    world.refuse.next.push([])
    world.refuse.next.push([1], [0], [0], [0])
    expect(await passing(world.clock, world.run())).toMatchObject({ kind: 'failed' })
    expect((await world.stored()).watermark).toEqual(world.at(-3))

    expect(await world.run({ urgent: true })).toMatchObject({ kind: 'done' })
    expect(world.queued.map(({ deliveryKey }) => deliveryKey)).toEqual(['a', 'b', 'b', 'c'])
    expect((await world.stored()).watermark).toEqual(world.at(-2))
  })

  test('what the queue refuses at first is sent again, it alone', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('a'), itemOf('b'), itemOf('c')], largest: world.at(-1) })
    world.refuse.next.push([0, 2], [1])
    expect(await passing(world.clock, world.run())).toEqual({ kind: 'done', found: 3 })
    expect(world.queued.map(({ deliveryKey }) => deliveryKey)).toEqual(['b', 'a', 'c'])
  })
})

describe('crashes and races', () => {
  test('after a crash between queue and watermark the page is read again from the same watermark (F43)', async () => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('a')], largest: world.at(-1) })
    const polls = {
      ...world.polls,
      release: () => Promise.reject(new SluiceError('VAULT_UNAVAILABLE', 'gone')),
    }
    const order = orderFor(world.poll, later(world.begun, 1))
    await world.clock.advance(1_000)
    await expect(runPoll(order, { ...world.deps, polls })).rejects.toThrow('gone')
    expect((await world.stored()).watermark).toEqual(world.poll.watermark)
    expect(await world.run()).toEqual({ kind: 'busy' })

    await world.clock.advance(130_000)
    expect(await world.run()).toEqual({ kind: 'done', found: 1 })
    expect(world.queued.map(({ id }) => id)).toEqual([world.queued[0]?.id, world.queued[0]?.id])
    expect((await world.stored()).watermark).toEqual(world.at(-1))
  })

  test('every write whose answer got lost is done once, and the run goes on (F44)', async () => {
    const world = await given()
    world.state.read = pages(
      { items: [itemOf('a')], place: placeAt(1), largest: world.at(-2) },
      { items: [itemOf('b')], largest: world.at(-1) },
    )
    const client = losing(tables.client, () => true)
    const polls = dynamoPolls({ client, table: 'connections', clock: world.clock })
    await world.clock.advance(1_000)
    const outcome = await runPoll(orderFor(world.poll, world.clock.now()), { ...world.deps, polls })
    expect(outcome).toEqual({ kind: 'done', found: 2 })
    expect(await world.stored()).toMatchObject({ watermark: world.at(-1), found: 2 })
  })

  test('of two runs at once the second exits busy (F45)', async () => {
    const world = await given()
    const gate = Promise.withResolvers<undefined>()
    const started = Promise.withResolvers<undefined>()
    world.state.read = async function* () {
      started.resolve(undefined)
      await gate.promise
      yield { items: [itemOf('a')] }
    }
    const first = world.run()
    await started.promise
    expect(await world.run()).toEqual({ kind: 'busy' })
    gate.resolve(undefined)
    expect(await first).toMatchObject({ kind: 'done' })
  })

  test("a zombie's watermark is rejected after another has taken over (F45)", async () => {
    const world = await given()
    const gate = Promise.withResolvers<undefined>()
    const started = Promise.withResolvers<undefined>()
    const held = pages({ items: [itemOf('a')], largest: world.at(-1) })
    world.state.read = async function* (from) {
      started.resolve(undefined)
      await gate.promise
      yield* held(from)
    }
    world.state.remainingMs = 0
    const zombie = world.run()
    await started.promise
    await world.clock.advance(6_000)
    world.state.remainingMs = 120_000
    world.state.read = pages({ items: [itemOf('b')], largest: world.at(-5) })
    expect(await world.run()).toMatchObject({ kind: 'done' })
    gate.resolve(undefined)
    expect(await zombie).toEqual({ kind: 'lost' })
    expect((await world.stored()).watermark).toEqual(world.at(-5))
  })

  test('a job that comes twice runs its polls once', async () => {
    const world = await given()
    await world.clock.advance(1_000)
    const order = orderFor(world.poll, world.clock.now())
    expect(await runPoll(order, world.deps)).toMatchObject({ kind: 'done' })
    expect(await runPoll(order, world.deps)).toEqual({ kind: 'not_due' })
  })
})

describe('slices', () => {
  test('hands over before the time is up, keeps its place, and goes on there', async () => {
    const world = await given()
    world.state.read = pages(
      { items: [itemOf('a')], place: placeAt(1) },
      { items: [itemOf('b')], largest: world.at(-1) },
    )
    world.state.remainingMs = 10_000
    expect(await world.run()).toEqual({ kind: 'handed_over', found: 1 })
    expect(world.sent).toHaveLength(1)
    const job = world.sent[0]?.jobs[0]
    expect(job?.polls).toEqual([
      expect.objectContaining({ connection: world.poll.connection, stream: 'events' }),
    ])

    world.state.remainingMs = 120_000
    await world.clock.advance(10)
    const { clock, deps, poll } = world
    expect(await runPoll(orderFor(poll, job?.due ?? clock.now()), deps)).toEqual({ kind: 'done', found: 1 })
    expect(world.asked.at(-1)).toMatchObject({ place: placeAt(1) })
    expect(world.queued.map(({ deliveryKey }) => deliveryKey)).toEqual(['a', 'b'])
    expect('place' in (await world.stored())).toBe(false)
  })

  test('after hours without a turn it begins at the watermark, in bounded slices (F50)', async () => {
    const world = await given()
    await world.clock.advance(6 * 3_600_000)
    world.state.read = async function* (from) {
      const start = from.place && 'params' in from.place ? Number(from.place.params['page']) : 0
      for (let page = start; ; page += 1) {
        const isLast = page === 249
        yield {
          items: [itemOf(`item-${page}`)],
          ...(isLast ? { largest: world.at(0) } : { place: placeAt(page + 1) }),
        }
        if (isLast) return
      }
    }
    const kinds: string[] = []
    do kinds.push((await world.run()).kind)
    while (kinds.at(-1) === 'handed_over')
    expect(kinds).toEqual(['handed_over', 'handed_over', 'done'])
    expect(world.asked[0]?.watermark).toBe(world.poll.watermark?.text)
    expect(new Set(world.queued.map(({ id }) => id)).size).toBe(250)
  })
})

describe('setbacks', () => {
  test.each(['stale-cursor', 'missing'] as const)(
    'a cursor that the provider has forgotten (%s) leads back to the watermark, never to now (F49)',
    async (kind) => {
      const world = await given()
      world.state.read = pages({ items: [], cursor: 'old', place: placeAt(1) })
      world.state.remainingMs = 10_000
      await world.run()
      world.state.remainingMs = 120_000
      world.state.read = async function* (from) {
        if (from.cursor !== undefined) throw failing(kind, { status: kind === 'missing' ? 404 : 410 })
        yield { items: [itemOf('a')], cursor: 'fresh' }
      }
      expect(await world.run()).toEqual({ kind: 'done', found: 1 })
      expect(world.asked.at(-1)).toEqual({ watermark: world.poll.watermark?.text })
      expect(world.counts).toContain('PollCursorExpired')
      expect(await world.stored()).toMatchObject({ cursor: 'fresh', watermark: world.poll.watermark })
    },
  )

  test('a call that must wait releases with the time to come back, and is queued for then', async () => {
    const world = await given({ phase: { every: 60, slot: 59 } })
    world.state.read = throwing(failing('throttled', { status: 429, retryAfterMs: 90_000 }))
    const until = later(world.begun, 91_000)
    expect(await world.run()).toEqual({ kind: 'held', until })
    expect(await world.stored()).toMatchObject({ nextAt: until, failures: 0, leaseUntil: 0 })
    expect(world.sent).toEqual([{ jobs: [expect.objectContaining({ due: until })], delayMs: 90_000 }])
    expect(await world.run(), 'not before, unless someone asks').toEqual({ kind: 'not_due' })
    world.state.read = pages({ items: [] })
    expect(await world.run({ urgent: true })).toMatchObject({ kind: 'done' })
    expect('nextAt' in (await world.stored())).toBe(false)
  })

  test('failures wait longer each time, a quarter of an hour at most, and a good run forgets them', async () => {
    const world = await given()
    world.state.read = throwing(failing('unavailable', { status: 503 }))
    const waits: number[] = []
    for (let i = 0; i < 7; i += 1) {
      const outcome = await world.run({ urgent: true })
      waits.push(('until' in outcome ? outcome.until : 0) - world.clock.now())
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15].map((minutes) => minutes * 60_000))
    world.state.read = pages()
    await world.run({ urgent: true })
    const stored = await world.stored()
    expect(stored.failures).toBe(0)
    expect('failure' in stored).toBe(false)
  })

  test('a connection that needs its user blocks the poll with the cause, and its return unblocks it', async () => {
    const world = await given()
    world.state.read = throwing(failing('disconnected', { status: 0, code: 'hard_expiry' }))
    expect(await world.run()).toMatchObject({ kind: 'blocked' })
    expect(await world.stored()).toMatchObject({ state: 'blocked', cause: 'hard_expiry' })
    world.state.read = pages()
    await world.run({ urgent: true })
    const stored = await world.stored()
    expect(stored.state).toBe('active')
    expect('cause' in stored).toBe(false)
  })

  test('the poll of a connection that was deleted is taken away, row and all', async () => {
    const world = await given()
    world.state.read = throwing(failing('disconnected', { status: 0, code: 'deleted' }))
    expect(await world.run()).toEqual({ kind: 'gone' })
    expect(await world.polls.get(world.poll)).toBeUndefined()
    const due = await world.phases.due(world.poll.phase)
    expect(due.polls.map(({ connection }) => connection)).not.toContain(world.poll.connection)
  })

  test('a row that leads to no poll is swept once it is old, and not while the poll may be in the making', async () => {
    const world = await given()
    await world.polls.remove(world.poll)
    const phase = `${world.poll.phase.every}#${world.poll.phase.slot}`
    expect(await world.run({ phase })).toEqual({ kind: 'gone' })
    const names = async () =>
      (await world.phases.due(world.poll.phase)).polls.map(({ connection }) => connection)
    expect(await names()).toContain(world.poll.connection)
    await world.clock.advance(700_000)
    await world.run({ phase })
    expect(await names()).not.toContain(world.poll.connection)
  })
})

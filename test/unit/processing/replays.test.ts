import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { keepEnvelope } from '#lib/buffer/kept.ts'
import { contentHash } from '#lib/processing/content-hash.ts'
import { later } from '#lib/primitives/clock.ts'
import { controlReplay, startReplay, type ReplayWish } from '#lib/processing/replay-control.ts'
import { planReplay, timeFor } from '#lib/processing/replay-plan.ts'
import type { Replay } from '#lib/processing/replays.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { givenReplays } from '#test/fakes/given-replays.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock, type VirtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

let clock: VirtualClock
let admin: GivenAdmin
let given: ReturnType<typeof givenReplays>
beforeEach(async () => {
  clock = virtualClock()
  admin = await givenAdmin(tables, { clock })
  given = givenReplays(admin, tables.client, clock)
})

const hour = 3_600_000
const wish = (changes: Partial<ReplayWish> = {}): ReplayWish => ({
  tenant: 'default',
  since: later(clock.now(), -24 * hour),
  until: clock.now(),
  filter: {},
  mode: 'same-key',
  rate: 50,
  limit: 1_000_000,
  ...changes,
})

async function started(changes: Partial<ReplayWish> = {}): Promise<Replay> {
  const outcome = await startReplay(wish(changes), given.deps)
  if (outcome.kind !== 'started') throw new Error(outcome.kind)
  return outcome.replay
}
const after = async ({ id }: Replay): Promise<Replay> => (await given.replays.get(id)) as Replay
const keys = (): string[] => given.bulk.map(({ envelope }) => envelope.deliveryKey)

/** `count` events of each of some types, a minute apart, the first one an hour ago. */
async function seeded(
  count: number,
  parts: Partial<Parameters<GivenAdmin['seed']>[0]> = {},
): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n += 1)
    ids.push(await admin.seed({ key: `${parts.status ?? 'done'}-${n}`, age: hour - n * 1_000, ...parts }))
  return ids
}

describe('a replay by the same key', () => {
  test('gives dead events their attempts back, and passes over what is done or on its way', async () => {
    const dead = await seeded(3, { status: 'dead' })
    await seeded(2)
    await seeded(1, { status: 'retry' })
    const replay = await started()
    await given.work()
    expect(given.bulk.map(({ envelope }) => envelope.id)).toEqual(dead)
    expect(given.bulk.every(({ envelope }) => envelope.redrive && envelope.redriveBy === replay.id)).toBe(
      true,
    )
    expect(await after(replay)).toMatchObject({
      state: 'done',
      counts: { queued: 3, skipped: 2, underway: 1, expired: 0, unreadable: 0 },
    })
  })

  test('counts what is gone as expired', async () => {
    await admin.seed({ key: 'large', status: 'dead', age: hour, body: large() })
    admin.objects.clear()
    const replay = await started()
    await given.work()
    expect(given.bulk).toEqual([])
    expect((await after(replay)).counts).toMatchObject({ queued: 0, expired: 1 })
  })
})

/** Too large for the item, and for being deflated into it. */
const large = (): Uint8Array => {
  const bytes = new Uint8Array(20_000)
  let state = 1
  for (let at = 0; at < bytes.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    bytes[at] = state >> 16
  }
  return bytes
}

describe('a forced replay', () => {
  test('makes new events of done ones, oldest first, under the key of the first', async () => {
    const ids = await seeded(5)
    const replay = await started({ mode: 'forced' })
    await given.work()
    expect(keys()).toEqual(['done-0', 'done-1', 'done-2', 'done-3', 'done-4'])
    expect(given.bulk.map(({ envelope }) => envelope.replayOf)).toEqual(ids)
    expect(new Set(given.bulk.map(({ envelope }) => envelope.id)).size).toBe(5)
    expect((await after(replay)).counts).toMatchObject({ queued: 5, skipped: 0 })
  })

  test('does not copy copies', async () => {
    const [id = ''] = await seeded(1)
    await admin.api(`/api/events/${id}/replay`, {})
    const copy = admin.queued[0]
    if (!copy) throw new Error('no copy')
    const facts = { ...copy, type: copy.type, contentHash: 'x'.repeat(64) }
    const claimed = await admin.claims.claim({ facts, owner: 'w', leaseUntil: later(clock.now(), 1_000) })
    if (claimed.kind !== 'claimed') throw new Error(claimed.kind)
    await admin.claims.complete(claimed.claim, { envelope: new Uint8Array([0]) })
    const replay = await started({ mode: 'forced', until: later(clock.now(), 1) })
    await given.work()
    expect(given.bulk.map(({ envelope }) => envelope.replayOf)).toEqual([id])
    expect((await after(replay)).counts).toMatchObject({ queued: 1, skipped: 1 })
  })

  test('replays the events of a batch one by one, and not the batch', async () => {
    await admin.seed({
      key: 'batch',
      provider: 'sendgrid',
      age: hour,
      body: JSON.stringify([
        { sg_event_id: 'a', event: 'open' },
        { sg_event_id: 'b', event: 'open' },
      ]),
    })
    const replay = await started({ mode: 'forced' })
    await given.work()
    expect((await after(replay)).counts).toMatchObject({ queued: 0, skipped: 1 })
  })

  test('does not copy what it has revived when it comes to the page again', async () => {
    await seeded(1, { status: 'dead' })
    const replay = await started({ mode: 'forced' })
    let taken: Envelope | undefined
    given.state.afterSend = async () => {
      if (taken) return
      taken = given.bulk[0]?.envelope
      // A worker takes it at once, and the replayer dies before it has noted the page.
      const facts = { ...(taken as Envelope), contentHash: contentHash(taken as Envelope) }
      const { redrive, redriveBy } = facts
      const request = { facts, owner: 'w', leaseUntil: later(clock.now(), 1_000), redrive, redriveBy }
      const claimed = await admin.claims.claim(request)
      if (claimed.kind !== 'claimed') throw new Error(claimed.kind)
      await admin.claims.complete(claimed.claim, { envelope: keepEnvelope(taken as Envelope) })
      throw new TypeError('killed')
    }
    await given.work()
    expect(given.bulk).toHaveLength(1)
    expect(await after(replay)).toMatchObject({ state: 'done', counts: { queued: 1, skipped: 0 } })
  })

  test('that dies after it has queued a page queues the same events again', async () => {
    await seeded(20)
    let dies = true
    given.state.afterSend = async () => {
      if (!dies) return
      dies = false
      // The page is on the queue, and the function is gone before it has noted that.
      throw new TypeError('killed')
    }
    const replay = await started({ mode: 'forced' })
    await given.work()
    expect(given.bulk).toHaveLength(40)
    expect(new Set(given.bulk.map(({ envelope }) => envelope.id)).size).toBe(20)
    expect(await after(replay)).toMatchObject({ state: 'done', counts: { queued: 20 } })
  })
})

describe('the pace', () => {
  test('is never more than the rate in any second', async () => {
    await seeded(95, { status: 'dead' })
    await started({ rate: 5 })
    await given.work()
    const perSecond = Map.groupBy(given.bulk, ({ at }) => Math.floor(at / 1_000))
    expect(given.bulk).toHaveLength(95)
    expect(Math.max(...[...perSecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(5)
    expect(timeFor(95, 5)).toBe(20_000)
  })

  test('is not doubled by a message that comes twice', async () => {
    await seeded(60, { status: 'dead' })
    await started({ rate: 2 })
    given.queue.push(...given.queue)
    await given.work()
    expect(given.bulk).toHaveLength(60)
    const perSecond = Map.groupBy(given.bulk, ({ at }) => Math.floor(at / 1_000))
    expect(Math.max(...[...perSecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(2)
  })

  test('F42: of 400 events each step makes as many calls as the one before', async () => {
    await seeded(400, { status: 'dead' })
    await started({ rate: 10, since: later(clock.now(), -70 * 60_000) })
    const steps: number[] = []
    while (given.queue.length > 0) {
      const before = given.calls.length
      await given.work(1)
      steps.push(given.calls.length - before)
    }
    expect(given.bulk).toHaveLength(400)
    expect(given.calls).not.toContain('ScanCommand')
    // Four shards of the hours that are left, a batch of records, the lease and the place.
    expect(Math.max(...steps)).toBeLessThanOrEqual(16)
  }, 60_000)
})

describe('what a replay is narrowed to', () => {
  test('provider, pattern of types, state and reason', async () => {
    await admin.seed({ key: 'a', type: 'invoice.paid', status: 'dead', reason: 'one: no', age: hour })
    await admin.seed({ key: 'b', type: 'charge.failed', status: 'dead', reason: 'two: no', age: hour })
    await admin.seed({ key: 'c', provider: 'github', type: 'push', status: 'dead', age: hour })
    await admin.seed({ key: 'd', tenant: 'acme', status: 'dead', age: hour })
    const queued = async (filter: ReplayWish['filter']): Promise<string[]> => {
      given.bulk.length = 0
      await started({ filter })
      await given.work()
      return keys().toSorted()
    }
    expect(await queued({ type: 'stripe.invoice.*' })).toEqual(['a'])
    expect(await queued({ type: 'charge.*' })).toEqual(['b'])
    expect(await queued({ provider: 'github' })).toEqual(['c'])
    expect(await queued({ reason: 'two' })).toEqual(['b'])
    expect(await queued({ status: 'done' })).toEqual([])
    expect(await queued({})).toEqual(['a', 'b', 'c'])
  })

  test('no more events than its limit', async () => {
    await seeded(30, { status: 'dead' })
    const replay = await started({ limit: 7 })
    await given.work()
    expect(given.bulk).toHaveLength(7)
    expect(await after(replay)).toMatchObject({ state: 'done', cause: 'limit' })
  })
})

describe('stopping', () => {
  test('pauses, goes on where it was, and ends for good', async () => {
    await seeded(30, { status: 'dead' })
    const replay = await started({ rate: 1 })
    await given.work(1)
    expect(given.bulk).toHaveLength(10)
    expect(await controlReplay(replay.id, 'pause', given.deps)).toMatchObject({ kind: 'changed' })
    await given.work()
    expect(given.bulk).toHaveLength(10)
    await controlReplay(replay.id, 'resume', given.deps)
    await given.work(1)
    expect(new Set(keys()).size).toBe(20)
    await controlReplay(replay.id, 'cancel', given.deps)
    await given.work()
    expect(await after(replay)).toMatchObject({ state: 'cancelled', counts: { queued: 20 } })
    expect(await controlReplay(replay.id, 'resume', given.deps)).toMatchObject({ kind: 'ended' })
  })

  test('one of a tenant at a time, one of another tenant beside it', async () => {
    const first = await started()
    expect(await startReplay(wish(), given.deps)).toEqual({ kind: 'taken', by: first.id })
    expect((await startReplay(wish({ tenant: 'acme' }), given.deps)).kind).toBe('started')
    await controlReplay(first.id, 'cancel', given.deps)
    expect((await startReplay(wish(), given.deps)).kind).toBe('started')
  })

  test('of two that are begun at the same moment one is begun', async () => {
    const both = await Promise.all([startReplay(wish(), given.deps), startReplay(wish(), given.deps)])
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['busy', 'started'])
    expect(given.queue).toHaveLength(1)
  })

  test('B085: the same key means the first one', async () => {
    const first = await started({ key: 'k' })
    expect(await startReplay(wish({ key: 'k' }), given.deps)).toMatchObject({ replay: { id: first.id } })
    // Its first message may have got lost with the answer: a second one does no harm.
    const outcomes = await given.work()
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ended', 'dropped'])
  })

  test('a queue that is away sets it back and then pauses it, and nothing is lost', async () => {
    await seeded(5, { status: 'dead' })
    given.state.beforeSend = () => {
      throw new Error('away')
    }
    const replay = await started()
    await given.work()
    expect(await after(replay)).toMatchObject({ state: 'paused', cause: 'failures', counts: { queued: 0 } })
    given.state.beforeSend = undefined
    await controlReplay(replay.id, 'resume', given.deps)
    await given.work()
    expect((await after(replay)).counts.queued).toBe(5)
  })
})

test('what the queue did not take is sent again, and nothing else', async () => {
  await seeded(10, { status: 'dead' })
  given.state.beforeSend = (count) => Math.ceil(count / 2)
  await started()
  const working = given.work()
  let over = false
  void working.finally(() => (over = true))
  while (!over) await clock.advance(1_000)
  expect(keys().toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `dead-${n}`))
})

test('a plan counts and changes nothing', async () => {
  await seeded(3, { status: 'dead' })
  await seeded(2)
  await admin.seed({ key: 'g', provider: 'github', type: 'push', age: 5 * hour })
  const walk = dynamoWalk({ client: tables.client, table: admin.ledgerTable, clock })
  const plan = await planReplay(wish(), new AbortController().signal, { walk, clock })
  expect(plan).toMatchObject({ events: 6, queued: 3, first: later(clock.now(), -5 * hour) })
  expect(Object.fromEntries(plan.byStatus)).toEqual({ dead: 3, done: 3 })
  expect(Object.fromEntries(plan.byProvider)).toEqual({ stripe: 5, github: 1 })
  expect(plan.countedTo).toBeUndefined()
  expect(given.bulk).toEqual([])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { controlBackfill, startBackfill, type BackfillWish } from '#lib/polling/backfill-control.ts'
import type { BackfillJob } from '#lib/polling/backfill-jobs.ts'
import { runBackfill } from '#lib/polling/backfill-run.ts'
import type { Backfill } from '#lib/polling/backfill.ts'
import { ApiError } from '#lib/errors/api-error.ts'
import { epochMs, iso, later, minutes } from '#lib/primitives/clock.ts'
import { givenBackfill, givenPollOf, leaflinkOrders, type Answer } from '#test/fakes/given-backfill.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'backfills')
})
afterAll(() => tables.close())

const start = Date.parse('2026-01-01T00:00:00Z')
const end = epochMs(Date.parse('2026-02-01T00:00:00Z'))
const hour = 3_600_000

/** LeafLink's list: those since a time, in order, a page from an offset, and how many there are. */
const leaflink =
  (all: { number: string; modified: string }[], size = 100): Answer =>
  (url) => {
    const since = url.searchParams.get('modified__gte') ?? ''
    const offset = Number(url.searchParams.get('offset'))
    const fitting = all.filter(({ modified }) => modified >= since)
    return { body: { count: fitting.length, results: fitting.slice(offset, offset + size) } }
  }

async function started(given: ReturnType<typeof givenBackfill>, wish: BackfillWish = {}): Promise<Backfill> {
  const poll = givenPollOf('leaflink', 'orders-received')
  const outcome = await startBackfill(poll, { kind: 'time' }, wish, given.deps)
  if (!('backfill' in outcome)) throw new Error(outcome.kind)
  return outcome.backfill
}

const keysOf = ({ envelopes }: ReturnType<typeof givenBackfill>) =>
  new Set(envelopes.map(({ deliveryKey }) => deliveryKey))
const known = async ({ backfills }: ReturnType<typeof givenBackfill>, backfill: Backfill) =>
  (await backfills.get(backfill)) as Backfill

describe('a backfill', () => {
  test('reads a window whole, slice by slice, as events of the poll with the keys that they always have', async () => {
    const given = givenBackfill(tables.client)
    const orders = leaflinkOrders(730, start, hour)
    given.state.answer = leaflink(orders)
    given.state.remainingMs = 1_000
    const backfill = await started(given, { since: epochMs(start), until: end })
    const outcomes = await given.work()
    expect(outcomes.filter(({ kind }) => kind === 'handed_over').length).toBeGreaterThan(5)
    const { state, share, place, finishedAt, gap } = await known(given, backfill)
    expect({ state, share, place, gap }).toEqual({
      state: 'done',
      share: 1,
      place: undefined,
      gap: undefined,
    })
    expect(finishedAt).toBeDefined()
    expect(keysOf(given).size).toBe(730)
    expect(given.envelopes[0]).toMatchObject({ via: 'poll', tenant: 'acme', endpoint: 'leaflink' })
    expect(new Set(given.envelopes.map(({ id }) => id)).size).toBe(730)
  })

  test('leaves out what happened after its window', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(100, start, hour))
    const backfill = await started(given, { since: epochMs(start), until: later(epochMs(start), 9 * hour) })
    await given.work()
    expect(keysOf(given).size).toBe(10)
    expect((await known(given, backfill)).found).toBe(10)
  })

  test('reads everything where it has no window, and says how far it is by the total that the provider tells', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(400, start, hour))
    given.state.remainingMs = 1_000
    const backfill = await started(given)
    const shares: number[] = []
    while (given.queue.length > 0) {
      await given.work(1)
      shares.push((await known(given, backfill)).share ?? 0)
    }
    expect(shares[0]).toBeCloseTo(0.25, 2)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
    expect(keysOf(given).size).toBe(400)
  })

  test('says how far it is by the window that was read where no total is told', async () => {
    const given = givenBackfill(tables.client)
    const whole = leaflink(leaflinkOrders(720, start, hour))
    given.state.answer = (url) => {
      const { count: _, ...body } = whole(url).body as { count: number; results: unknown[] }
      return { body }
    }
    given.state.remainingMs = 1_000
    const backfill = await started(given, { since: epochMs(start), until: end })
    await given.work(1)
    const { share, total } = await known(given, backfill)
    expect(total).toBeUndefined()
    expect(share).toBeCloseTo(100 / 744, 2)
  })

  test('is the same one when the same window is asked for twice, and is read once', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(10, start, hour))
    const poll = givenPollOf('leaflink', 'orders-received')
    const wish = { since: epochMs(start), until: end }
    const first = await startBackfill(poll, { kind: 'time' }, wish, given.deps)
    const second = await startBackfill(poll, { kind: 'time' }, wish, given.deps)
    expect([first.kind, second.kind]).toEqual(['started', 'exists'])
    expect('backfill' in first && 'backfill' in second && first.backfill.id === second.backfill.id).toBe(true)
    const outcomes = await given.work()
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['dropped', 'ended'])
    expect(given.envelopes).toHaveLength(10)
    expect((await startBackfill(poll, { kind: 'time' }, wish, given.deps)).kind).toBe('exists')
    expect(given.queue).toEqual([])
  })

  test('is read again when that is asked for, with the same ids', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(10, start, hour))
    const poll = givenPollOf('leaflink', 'orders-received')
    await startBackfill(poll, { kind: 'time' }, { until: end }, given.deps)
    await given.work()
    const again = await startBackfill(poll, { kind: 'time' }, { until: end, again: true }, given.deps)
    expect(again).toMatchObject({ kind: 'started', backfill: { state: 'running', found: 0 } })
    await given.work()
    expect(given.envelopes).toHaveLength(20)
    expect(keysOf(given).size).toBe(10)
  })

  test.each([
    [{ since: end, until: epochMs(start) }, 'time', 'since'],
    [{ until: epochMs(4_000_000_000_000) }, 'time', 'until'],
    [{ since: epochMs(start) }, 'block', 'since'],
    [{ until: end }, 'block', 'until'],
  ] as const)('refuses the window %o of a stream by %s at %s', async (wish, kind, field) => {
    const given = givenBackfill(tables.client)
    const poll = givenPollOf('leaflink', 'orders-received')
    expect(await startBackfill(poll, { kind }, wish, given.deps)).toMatchObject({ kind: 'refused', field })
    expect(given.queue).toEqual([])
  })

  test('notes what the provider gives no more', async () => {
    const given = givenBackfill(tables.client)
    const poll = givenPollOf('stripe', 'events')
    const maxAgeMs = 30 * 86_400_000
    const outcome = await startBackfill(
      poll,
      { kind: 'time', maxAgeMs },
      { since: epochMs(start) },
      given.deps,
    )
    const oldest = given.clock.now() - maxAgeMs
    expect(outcome).toMatchObject({
      backfill: { from: oldest, gap: { of: 'all', since: start, until: oldest } },
    })
  })
})

describe('the people of a backfill', () => {
  test('stop it at its next page, and let it go on where it stopped', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(730, start, hour))
    const backfill = await started(given, { since: epochMs(start), until: end })
    given.state.beforePage = async () => {
      if (given.asked.length === 3) await controlBackfill(backfill, 'pause', given.deps)
    }
    expect(await given.work()).toEqual([{ kind: 'lost' }])
    const paused = await known(given, backfill)
    expect(paused.state).toBe('paused')
    expect(paused.pages).toBe(3)
    expect(given.asked).toHaveLength(4)
    given.state.beforePage = undefined
    await controlBackfill(backfill, 'resume', given.deps)
    await given.work()
    expect((await known(given, backfill)).state).toBe('done')
    expect(keysOf(given).size).toBe(730)
    expect(given.asked.length).toBeLessThan(13)
  })

  test('end it for good', async () => {
    const given = givenBackfill(tables.client)
    const backfill = await started(given)
    expect(await controlBackfill(backfill, 'cancel', given.deps)).toMatchObject({
      kind: 'changed',
      backfill: { state: 'cancelled' },
    })
    expect((await controlBackfill(backfill, 'cancel', given.deps)).kind).toBe('changed')
    expect((await controlBackfill(backfill, 'resume', given.deps)).kind).toBe('ended')
    expect(await given.work()).toEqual([{ kind: 'dropped' }])
    expect(given.asked).toEqual([])
  })

  test('ask for one that there is not', async () => {
    const given = givenBackfill(tables.client)
    const id = { connection: 'conn_none', stream: 'events', id: 'bf_none' }
    expect(await controlBackfill(id, 'pause', given.deps)).toEqual({ kind: 'unknown' })
  })

  test('can resume twice: one message of the two does the work', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(250, start, hour))
    given.state.remainingMs = 1_000
    const backfill = await started(given)
    await controlBackfill(backfill, 'pause', given.deps)
    await controlBackfill(backfill, 'resume', given.deps)
    await controlBackfill(backfill, 'resume', given.deps)
    await given.work()
    expect((await known(given, backfill)).state).toBe('done')
    expect(given.asked).toHaveLength(3)
  })
})

describe('a slice that does not get through', () => {
  test('is tried again later and later, and given up after twelve failures', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = () => ({ status: 400, body: { detail: 'no' } })
    const backfill = await started(given)
    await given.work()
    expect(await known(given, backfill)).toMatchObject({ state: 'failed', failures: 12 })
    expect(given.asked).toHaveLength(12)
  })

  test('waits for a connection that needs its user', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(5, start, hour))
    given.state.beforePage = () =>
      Promise.reject(
        new ApiError({ provider: 'leaflink', status: 0, kind: 'disconnected', code: 'needs_reauth' }),
      )
    const backfill = await started(given)
    expect(await given.work()).toEqual([{ kind: 'ended', state: 'paused' }])
    expect(await known(given, backfill)).toMatchObject({ state: 'paused', cause: 'needs_reauth' })
    given.state.beforePage = undefined
    await controlBackfill(backfill, 'resume', given.deps)
    await given.work()
    expect(await known(given, backfill)).toMatchObject({ state: 'done', found: 5 })
  })

  test('lets a limit of the provider pass, and counts it as no failure', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(5, start, hour))
    let held = 0
    given.state.beforePage = async () => {
      if ((held += 1) > 30) return
      throw new ApiError({ provider: 'leaflink', status: 0, kind: 'held', retryAfterMs: minutes(30) })
    }
    const backfill = await started(given)
    const before = given.clock.now()
    await given.work()
    expect(await known(given, backfill)).toMatchObject({ state: 'done', found: 5, failures: 0 })
    expect(given.clock.now() - before).toBeGreaterThanOrEqual(30 * 1_800_000)
  })

  test('is read again when the queue of events is away, and its place stands', async () => {
    const given = givenBackfill(tables.client)
    given.state.answer = leaflink(leaflinkOrders(10, start, hour))
    given.state.refuse = true
    const backfill = await started(given)
    const working = given.work(1)
    for (let tries = 0; tries < 10; tries += 1) await given.clock.next()
    expect((await working)[0]?.kind).toBe('set_back')
    expect(await known(given, backfill)).toMatchObject({ pages: 0, found: 0, state: 'running' })
    given.state.refuse = false
    await given.work()
    expect(keysOf(given).size).toBe(10)
  })

  test('begins anew where the provider forgot its place, and skips nothing', async () => {
    const given = givenBackfill(tables.client)
    const orders = leaflinkOrders(300, start, hour)
    const fine = leaflink(orders)
    given.state.answer = (url) => (given.asked.length === 2 ? { status: 410, body: {} } : fine(url))
    given.state.remainingMs = 1_000
    const backfill = await started(given)
    await given.work()
    expect(await known(given, backfill)).toMatchObject({ state: 'done', restarts: 1 })
    expect(keysOf(given).size).toBe(300)
  })

  test('ends where the stream is declared no more', async () => {
    const given = givenBackfill(tables.client)
    const backfill = await started(given)
    given.deps = { ...given.deps, sourceOf: () => undefined }
    await given.work(1, (job) => runBackfill(job, given.deps))
    expect(await known(given, backfill)).toMatchObject({ state: 'cancelled', cause: 'disconnected' })
  })
})

describe('a crash', () => {
  /** A process that dies at its `at`-th call, before it leaves or with its answer on the way, and every later one until the next message. */
  function mortal(given: ReturnType<typeof givenBackfill>, at: number, moment: 'before' | 'after') {
    const life = { calls: 0, dead: false }
    const wrap = <Port extends object>(port: Port): Port =>
      Object.fromEntries(
        Object.entries(port).map(([name, task]) => [
          name,
          async (...args: unknown[]) => {
            if (life.dead) throw new Error('dead')
            life.dead = (life.calls += 1) === at
            if (life.dead && moment === 'before') throw new Error('died')
            const result: unknown = await (task as (...all: unknown[]) => unknown)(...args)
            if (life.dead) throw new Error('died')
            return result
          },
        ]),
      ) as Port
    const { backfills, jobs, queue } = given.deps
    const deps = { ...given.deps, backfills: wrap(backfills), jobs: wrap(jobs), queue: wrap(queue) }
    return {
      life,
      run: async (job: BackfillJob) => {
        life.dead = false
        const outcome = await runBackfill(job, deps)
        if (life.dead) throw new Error('died')
        return outcome
      },
    }
  }

  test.each(['before', 'after'] as const)(
    'at any call of any slice, %s it took effect, neither skips an order nor leaves the backfill undone',
    async (moment) => {
      const orders = leaflinkOrders(230, start, hour)
      for (let at = 1, isPast = false; !isPast; at += 1) {
        const given = givenBackfill(tables.client)
        given.state.answer = leaflink(orders)
        given.state.remainingMs = at % 2 === 0 ? 1_000 : 120_000
        const backfill = await started(given)
        const { life, run } = mortal(given, at, moment)
        const driven = given.work(100, run)
        // What is sent again waits before.
        let idle = true
        void driven.finally(() => (idle = false))
        while (idle) if (!(await given.clock.next())) await new Promise((resolve) => setImmediate(resolve))
        await driven
        isPast = life.calls < at
        const { state } = await known(given, backfill)
        expect({ at, state, keys: keysOf(given).size, left: given.queue.length }).toEqual({
          at,
          state: 'done',
          keys: 230,
          left: 0,
        })
      }
    },
  )
})

describe('a list', () => {
  test('of backfills of a stream has the latest first', async () => {
    const given = givenBackfill(tables.client)
    const poll = givenPollOf('leaflink', 'orders-received')
    await startBackfill(poll, { kind: 'time' }, { until: end }, given.deps)
    await given.clock.advance(1_000)
    await startBackfill(poll, { kind: 'time' }, { since: end }, given.deps)
    const found = await given.backfills.list(poll)
    expect(found.map(({ since }) => since && iso(since))).toEqual([iso(end), undefined])
  })
})

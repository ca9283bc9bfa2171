import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pollIdOf, pollName } from '#lib/admin/poll-view.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { dynamoMissedPolls } from '#lib/polling/missed-polls.dynamo.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import type { PollChange, PollId } from '#lib/polling/poll-state.ts'
import { iso, later, minutes, type EpochMs } from '#lib/primitives/clock.ts'
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

type Json = Record<string, unknown>
const conn = (n: number): string => `conn_${String(n).padStart(32, '0')}`
const polls = () =>
  dynamoPolls({ client: tables.client, table: given.connectionsTable, clock: given.deps.clock })
const now = (): EpochMs => given.deps.clock.now()

async function poll(n: number, tenant = 'default', more: { provider?: string; stream?: string } = {}) {
  const { provider = 'stripe', stream = 'events' } = more
  const id = { connection: conn(n), stream }
  await polls().create({
    ...id,
    tenant,
    provider,
    endpoint: provider,
    phase: phaseFor(id, 5),
    watermark: { text: '1780000000', at: 1_780_000_000_000 as EpochMs },
    createdAt: later(now(), 0 - minutes(4)),
  })
  return id
}

async function change(id: PollId, what: PollChange & { state?: 'active' | 'blocked' }): Promise<void> {
  const found = await polls().get(id)
  if (!found) throw new Error('no such poll')
  expect(await polls().change(found, what)).toBe('saved')
}

async function answer(operation: Operation, response: Response | Promise<Response>): Promise<Json> {
  const settled = await response
  const body = (await settled.json()) as Json
  expect([settled.status, body]).toEqual([operation.status, body])
  expect(operation.answer.safeParse(body).error?.issues ?? []).toEqual([])
  return body
}
const refusal = async (response: Response | Promise<Response>): Promise<unknown> => {
  const { status, code } = (await (await response).json()) as Json
  return [status, code]
}
const items = (body: Json) => body['items'] as Json[]
const list = async (query = '') => answer(operations.listPolls, given.api(`/api/polls${query}`))

describe('GET /api/polls', () => {
  test('tells how far a stream is, and nothing of what it goes on from', async () => {
    const id = await poll(1)
    await change(id, {
      cursor: 'canary-cursor',
      found: 7,
      failures: 2,
      failure: 'stripe answered 500',
      completeAt: later(now(), -90_000),
      lastChangeAt: later(now(), 0 - minutes(3)),
      gap: { of: 'deletes', since: later(now(), 0 - minutes(9)), until: later(now(), 0 - minutes(8)) },
    })
    const missedAt = later(now(), 0 - minutes(12))
    await dynamoMissedPolls({ client: tables.client, table: given.connectionsTable }).addMissed({
      ...id,
      tenant: 'default',
      provider: 'stripe',
      count: 4,
      at: missedAt,
    })

    const body = await list()

    expect(items(body)).toEqual([
      {
        id: `${conn(1)}:events`,
        tenant: 'default',
        provider: 'stripe',
        connection: conn(1),
        stream: 'events',
        state: 'active',
        cause: null,
        watermark: '1780000000',
        lagMs: 90_000,
        intervalMs: 300_000,
        nextRunAt: expect.any(String) as string,
        lastRunAt: null,
        lastError: 'stripe answered 500',
        failures: 2,
        found: 7,
        missed: 4,
        missedAt: iso(missedAt),
        webhooks: 'missing',
        freshness: {
          state: 'fresh',
          newestAt: '2026-05-28T20:26:40.000Z',
          seenAt: iso(later(now(), 0 - minutes(3))),
        },
        gap: {
          of: 'deletes',
          since: iso(later(now(), 0 - minutes(9))),
          until: iso(later(now(), 0 - minutes(8))),
        },
      },
    ])
    expect(JSON.stringify(body)).not.toContain('canary')
  })

  test('says when the next run is: its turn, or when what holds it back is over', async () => {
    const id = await poll(1)
    const turn = Date.parse(String(items(await list())[0]?.['nextRunAt']))
    expect(turn).toBeGreaterThan(now())
    expect(turn).toBeLessThanOrEqual(now() + 300_000)
    await change(id, { nextAt: later(now(), 30_000) })
    expect(items(await list())[0]?.['nextRunAt']).toBe(iso(later(now(), 30_000)))
  })

  test('a stream of a tenant without an endpoint has no webhooks to miss', async () => {
    await poll(1, 'acme')
    expect(items(await list())[0]?.['webhooks']).toBe('none')
  })

  test('is narrowed by tenant and by provider, and goes on by its cursor, each once', async () => {
    for (const n of [1, 2, 3, 4]) await poll(n, 'acme', { provider: n % 2 ? 'stripe' : 'github' })
    await poll(5, 'globex')
    await poll(6, 'globex', { provider: 'slack', stream: 'messages?channel=C1' })
    expect(items(await list('?tenant=acme')).map(({ connection }) => connection)).toEqual(
      [1, 2, 3, 4].map(conn),
    )
    for (const [query, wanted] of [
      ['', [1, 2, 3, 4, 5, 6]],
      ['&provider=stripe', [1, 3, 5]],
      ['&provider=slack', [6]],
      ['&provider=nobody', []],
    ] as const)
      for (const limit of [1, 2, 3, 50]) {
        const seen: unknown[] = []
        let cursor: string | null = ''
        while (cursor !== null) {
          const next: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
          const body = await list(`?limit=${limit}${query}${next}`)
          expect(items(body).length).toBeLessThanOrEqual(limit)
          seen.push(...items(body).map(({ connection }) => connection))
          cursor = body['cursor'] as string | null
        }
        expect(seen, `${query} by ${limit}`).toEqual(wanted.map(conn))
      }
  })

  test.each(['?cursor=nonsense', '?cursor=acme%23conn_1%23events', '?limit=0', '?state=active', '?tenant='])(
    '%s is refused',
    async (query) => expect((await given.api(`/api/polls${query}`)).status).toBe(400),
  )
})

describe('POST /api/polls/{id}/run', () => {
  const run = (id: string, tenant = 'default') =>
    given.api(`/api/polls/${encodeURIComponent(id)}/run?tenant=${tenant}`, {})

  test.each(['events', 'messages?channel=C1&of=%C3%A4'])(
    'puts the stream %s on the queue at once',
    async (stream) => {
      const id = await poll(1, 'default', { stream })
      const name = String(items(await list())[0]?.['id'])
      expect(name).toBe(pollName(id))
      expect(name).toMatch(/^[\w:.~-]+$/)
      expect(await answer(operations.runPoll, run(name))).toEqual({ id: name, status: 'queued' })
      expect(given.polled).toEqual([
        { v: 1, due: now(), urgent: true, polls: [{ ...id, tenant: 'default', provider: 'stripe' }] },
      ])
    },
  )

  test('of one that is not there, or is another tenant’s, is a 404 and queues nothing', async () => {
    const name = pollName(await poll(1, 'acme'))
    expect(await refusal(run(name, 'globex'))).toEqual([404, 'not_found'])
    for (const id of [pollName({ connection: conn(2), stream: 'events' }), conn(1), 'x', `${name}~`, '%00'])
      expect(await refusal(run(id, 'acme')), id).toEqual([404, 'not_found'])
    expect(given.polled).toEqual([])
  })

  test('of a paused one is a 409', async () => {
    const id = await poll(1)
    const found = await polls().get(id)
    if (found) await polls().change(found, { state: 'paused' })
    expect(await refusal(run(pollName(id)))).toEqual([409, 'conflict'])
    expect(items(await list())[0]).toMatchObject({ state: 'paused', nextRunAt: null })
    expect(given.polled).toEqual([])
  })

  test('a name is read back to the same poll, and no two are the same', () => {
    for (const stream of ['events', 'a.b-c_d', 'messages?channel=C1', 'x?y=%3F&z=~'])
      expect(pollIdOf(pollName({ connection: conn(1), stream }))).toEqual({ connection: conn(1), stream })
    expect(pollIdOf(`${conn(1)}:events~Zh`)).toBeUndefined()
  })
})

describe('GET /api/missed-webhooks', () => {
  const ledger = () => dynamoMissedLedger({ client: tables.client, table: given.controlTable })
  const about = { tenant: 'acme', provider: 'stripe', connection: conn(1), stream: 'events' }
  const missed = async (query = 'tenant=acme') =>
    answer(operations.listMissedWebhooks, given.api(`/api/missed-webhooks?${query}`))

  test('tells what webhooks did not bring, the latest first, of one tenant', async () => {
    const at = later(now(), 0 - minutes(30))
    await ledger().set({ ...about, at, count: 2 })
    await ledger().set({ ...about, at: later(at, 60_000), count: 5, stream: 'charges' })
    await ledger().set({ ...about, at, count: 9, tenant: 'acme-2' })
    await ledger().set({ ...about, at: later(at, 0 - minutes(60 * 25)), count: 1 })
    expect(items(await missed())).toEqual([
      { ...about, stream: 'charges', at: iso(later(at, 60_000)), missed: 5 },
      { ...about, at: iso(at), missed: 2 },
    ])
    expect(items(await missed(`tenant=acme&until=${iso(at)}`))).toHaveLength(1)
    const since = iso(later(at, 0 - minutes(60 * 26)))
    expect(items(await missed(`tenant=acme&since=${since}`))).toHaveLength(3)
    expect(items(await missed(`tenant=acme&since=${iso(now())}&until=${since}`))).toEqual([])
  })

  test('goes on by its cursor', async () => {
    for (const n of [1, 2, 3]) await ledger().set({ ...about, at: later(now(), 0 - minutes(n)), count: n })
    const first = await missed('tenant=acme&limit=2')
    const next = encodeURIComponent(String(first['cursor']))
    const second = await missed(`tenant=acme&limit=2&cursor=${next}`)
    expect([...items(first), ...items(second)].map(({ missed: n }) => n)).toEqual([1, 2, 3])
  })

  test.each(['', 'tenant=acme&cursor=x', 'tenant=acme&since=yesterday'])('%j is refused', async (query) =>
    expect((await given.api(`/api/missed-webhooks?${query}`)).status).toBe(400),
  )
})

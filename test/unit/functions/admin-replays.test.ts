import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { replayItem, replayPlan } from '#lib/admin/schemas-replays.ts'
import { listOf } from '#lib/admin/schemas.ts'
import { withReplays } from '#functions/sweeper/replays.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenReplays } from '../../fakes/given-replays.ts'
import { givenIssuer, signingKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

type Json = Record<string, unknown>
let clock: VirtualClock
let given: GivenAdmin
let ask: (
  token: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ status: number; body: Json }>
let as: (role: string, tenants?: readonly string[]) => Promise<string>

beforeEach(async () => {
  clock = virtualClock()
  const people = givenIssuer([await signingKey('ES256')], clock, { tenantsClaim: 'tenants' })
  given = await givenAdmin(tables, {
    clock,
    changes: { people: { config: people.config, keys: people.keys, clock } },
  })
  as = (role, tenants = ['default']) => people.token({ roles: [role], tenants })
  ask = async (token, at, body, headers = {}) => {
    const response = await given.app.request(at, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
})

const hour = 3_600_000
const wish = (parts: Json = {}): Json => ({
  tenant: 'default',
  since: iso(later(clock.now(), -2 * hour)),
  ...parts,
})

describe('a replay', () => {
  test('is planned without effect', async () => {
    for (const n of [1, 2, 3]) await given.seed({ key: `a${n}`, status: 'dead', age: hour + n })
    await given.seed({ key: 'b', type: 'charge.failed', age: hour })
    const plan = await ask(await as('operator'), '/api/replays', wish({ dryRun: true, rate: 1 }))
    expect(plan.status).toBe(202)
    expect(replayPlan.safeParse(plan.body).error?.issues ?? []).toEqual([])
    expect(plan.body).toMatchObject({
      events: 4,
      queued: 3,
      byStatus: { dead: 3, done: 1 },
      byType: { 'stripe.invoice.paid': 3, 'stripe.charge.failed': 1 },
      seconds: 10,
      countedTo: null,
    })
    expect(given.replayJobs).toEqual([])
    expect((await ask(await as('viewer'), '/api/replays')).body['items']).toEqual([])
  })

  test('is begun, watched, stopped and let go on', async () => {
    await given.seed({ key: 'a', status: 'dead', age: hour })
    const operator = await as('operator')
    const made = await ask(operator, '/api/replays', wish())
    expect(made.status).toBe(202)
    expect(replayItem.safeParse(made.body).error?.issues ?? []).toEqual([])
    expect(made.body).toMatchObject({ status: 'running', planned: 1, share: 0, rate: 50, mode: 'same-key' })
    const id = String(made.body['id'])
    expect(given.replayJobs).toEqual([{ v: 1, replay: id, slice: 0 }])
    const one = `/api/replays/${id}`
    expect((await ask(operator, `${one}/pause`, {})).body['status']).toBe('paused')
    expect(await ask(await as('viewer'), one)).toMatchObject({ status: 200, body: { status: 'paused' } })
    expect((await ask(operator, `${one}/resume`, {})).body['status']).toBe('running')
    expect((await ask(operator, `${one}/cancel`, {})).body['status']).toBe('cancelled')
    expect(await ask(operator, `${one}/resume`, {})).toMatchObject({ status: 409 })
    const list = await ask(await as('viewer'), '/api/replays')
    expect(listOf(replayItem).safeParse(list.body).success).toBe(true)
  })

  test('is sent by the function that has the queue', async () => {
    await given.seed({ key: 'a', status: 'dead', age: hour })
    const replays = givenReplays(given, tables.client, clock)
    const made = await ask(await as('operator'), '/api/replays', wish())
    const swept: unknown[] = []
    const handler = withReplays(async (event) => void swept.push(event), { replay: replays.deps })
    const record = (body: string) => ({ Records: [{ messageId: 'm', eventSource: 'aws:sqs', body }] })
    const context = { getRemainingTimeInMillis: () => 50_000 }
    const answer = await handler(record(JSON.stringify(given.replayJobs[0])), context)
    expect(answer).toEqual({ batchItemFailures: [] })
    expect(replays.bulk).toHaveLength(1)
    expect(await handler(record('{}'), context)).toEqual({ batchItemFailures: [] })
    expect(await handler({}, context)).toBeUndefined()
    expect(swept).toEqual([{}])
    const after = await ask(await as('viewer'), `/api/replays/${String(made.body['id'])}`)
    expect(after.body).toMatchObject({ status: 'done', share: 1, counts: { queued: 1 } })
  })

  test('B085: asked for twice is one: by the same key the first answer, else a refusal that names it', async () => {
    const operator = await as('operator')
    const first = await ask(operator, '/api/replays', wish(), { 'idempotency-key': 'k' })
    const again = await ask(operator, '/api/replays', wish(), { 'idempotency-key': 'k' })
    expect(again.body['id']).toBe(first.body['id'])
    const other = await ask(operator, '/api/replays', wish())
    expect(other.status).toBe(409)
    expect(other.body['detail']).toContain(String(first.body['id']))
    expect((await ask(operator, '/api/replays', wish({ limit: 1_000_001 }))).status).toBe(400)
    expect((await ask(operator, '/api/replays', wish({ rate: 201 }))).status).toBe(400)
  })

  test('is refused where its window is none', async () => {
    const operator = await as('operator')
    const refused = async (parts: Json) => (await ask(operator, '/api/replays', wish(parts))).body['errors']
    expect(await refused({ until: iso(later(clock.now(), 1_000)) })).toMatchObject([{ pointer: '/until' }])
    expect(await refused({ since: iso(clock.now()) })).toMatchObject([{ pointer: '/since' }])
    expect(await refused({ since: '2020-01-01T00:00:00Z', until: '2020-02-01T00:00:00Z' })).toMatchObject([
      { pointer: '/until' },
    ])
    expect(await refused({ filter: { type: '**/' } })).toBeUndefined()
    expect(await refused({ filter: { type: 'a b' } })).toMatchObject([{ pointer: '/filter/type' }])
  })

  test("is no viewer's to begin, and another tenant's is not there", async () => {
    expect((await ask(await as('viewer'), '/api/replays', wish())).status).toBe(403)
    expect((await ask(await as('operator', ['acme']), '/api/replays', wish())).status).toBe(404)
    const made = await ask(await as('operator'), '/api/replays', wish())
    const stranger = await as('operator', ['acme'])
    const one = `/api/replays/${String(made.body['id'])}`
    expect((await ask(stranger, one)).status).toBe(404)
    expect((await ask(stranger, `${one}/cancel`, {})).status).toBe(404)
    expect((await ask(stranger, '/api/replays')).body['items']).toEqual([])
  })
})

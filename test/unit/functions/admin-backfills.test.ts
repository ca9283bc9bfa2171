import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backfillItem } from '#lib/admin/schemas-backfills.ts'
import { listOf } from '#lib/admin/schemas.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { pollName } from '#lib/admin/poll-view.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, signingKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

type Json = Record<string, unknown>
let given: GivenAdmin
let ask: (token: string, path: string, body?: unknown) => Promise<{ status: number; body: Json }>
let as: (role: string, tenants?: readonly string[]) => Promise<string>
const id = { connection: `conn_${'a'.repeat(32)}`, stream: 'orders-received' }
const path = `/api/polls/${encodeURIComponent(pollName(id))}/backfill`

beforeEach(async () => {
  const clock = virtualClock()
  const people = givenIssuer([await signingKey('ES256')], clock, { tenantsClaim: 'tenants' })
  given = await givenAdmin(tables, {
    clock,
    changes: { people: { config: people.config, keys: people.keys, clock } },
  })
  as = (role, tenants = ['acme']) => people.token({ roles: [role], tenants })
  ask = async (token, at, body) => {
    const response = await given.app.request(at, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const polls = given.deps.polls as ReturnType<typeof dynamoPolls>
  await polls.create({
    ...id,
    tenant: 'acme',
    provider: 'leaflink',
    endpoint: 'leaflink',
    phase: phaseFor(id, 5),
    createdAt: clock.now(),
  })
})

const window = { since: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' }

describe('a backfill', () => {
  test('is started, listed, stopped and let go on', async () => {
    const operator = await as('operator')
    const made = await ask(operator, path, window)
    expect(made.status).toBe(202)
    expect(backfillItem.safeParse(made.body).error?.issues ?? []).toEqual([])
    expect(made.body).toMatchObject({
      poll: pollName(id),
      status: 'running',
      since: '2026-01-01T00:00:00.000Z',
      share: null,
    })
    expect(given.backfillJobs).toMatchObject([{ ...id, id: made.body['id'], slice: 0 }])
    const one = `${path}/${String(made.body['id'])}`
    expect((await ask(operator, `${one}/pause`, {})).body['status']).toBe('paused')
    expect(await ask(await as('viewer'), one)).toMatchObject({ status: 200, body: { status: 'paused' } })
    expect((await ask(operator, `${one}/resume`, {})).body['status']).toBe('running')
    expect((await ask(operator, `${one}/cancel`, {})).body['status']).toBe('cancelled')
    expect(await ask(operator, `${one}/resume`, {})).toMatchObject({ status: 409 })
    const list = await ask(await as('viewer'), path)
    expect(listOf(backfillItem).safeParse(list.body).success).toBe(true)
    expect((list.body['items'] as Json[]).map(({ status }) => status)).toEqual(['cancelled'])
  })

  test('takes the name under which the list has a stream with parameters', async () => {
    const channel = { ...id, stream: 'messages?channel=C1' }
    const polls = given.deps.polls as ReturnType<typeof dynamoPolls>
    await polls.create({
      ...channel,
      tenant: 'acme',
      provider: 'slack',
      endpoint: 'slack',
      phase: phaseFor(channel, 5),
      createdAt: given.deps.clock.now(),
    })
    const operator = await as('operator')
    const listed = (await ask(operator, '/api/polls')).body['items'] as { id: string; stream: string }[]
    const name = listed.find(({ stream }) => stream === channel.stream)?.id ?? ''
    const made = await ask(operator, `/api/polls/${encodeURIComponent(name)}/backfill`, window)
    expect(made).toMatchObject({ status: 202, body: { poll: name } })
    expect(given.backfillJobs).toMatchObject([channel])
  })

  test('of the same window is the same one', async () => {
    const operator = await as('operator')
    const first = await ask(operator, path, window)
    const second = await ask(operator, path, window)
    expect(second).toEqual(first)
    expect((await ask(operator, path, { ...window, since: '2026-01-02T00:00:00Z' })).body['id']).not.toBe(
      first.body['id'],
    )
  })

  test.each([
    [{ since: window.until, until: window.since }, '/since'],
    [{ until: '2099-01-01T00:00:00Z' }, '/until'],
  ])('of the window %o is refused at %s', async (body, pointer) => {
    const refused = await ask(await as('operator'), path, body)
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer }] } })
    expect(given.backfillJobs).toEqual([])
  })

  test('takes an operator, and one of its tenant', async () => {
    expect((await ask(await as('viewer'), path, window)).status).toBe(403)
    const stranger = await as('admin', ['globex'])
    expect((await ask(stranger, path, window)).status).toBe(404)
    const { body } = await ask(await as('operator'), path, window)
    const one = `${path}/${String(body['id'])}`
    for (const [at, sent] of [[path], [one], [`${one}/cancel`, {}]] as const)
      expect((await ask(stranger, at, sent)).status).toBe(404)
    expect((await ask(await as('viewer'), one)).body['status']).toBe('running')
  })

  test.each(['nothing', 'conn_a:events', `conn_${'a'.repeat(32)}:`, `conn_${'b'.repeat(32)}:events`])(
    'of the poll %s is not found',
    async (name) => {
      const at = `/api/polls/${encodeURIComponent(name)}/backfill`
      expect((await ask(await as('operator'), at, {})).status).toBe(404)
      expect((await ask(await as('operator'), `${at}/bf_none`)).status).toBe(404)
    },
  )
})

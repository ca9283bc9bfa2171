import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { roles, type Role } from '#lib/access/caller.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'
import { problem as problemSchema } from '#lib/admin/schemas.ts'
import { oidc as limits } from '#lib/config/defaults.ts'
import type { OidcConfig } from '#lib/config/oidc.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, jwksUrl, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

type Json = Record<string, unknown>
const unknownId = `evt_${'x'.repeat(32)}`
const unknownConnection = `conn_${'x'.repeat(32)}`
const all: readonly Operation[] = Object.values(operations)

let tables: Tables
let key: SigningKey
beforeAll(async () => {
  ;[tables, key] = await Promise.all([startTables(), signingKey('ES256')])
})
afterAll(() => tables.close())

let clock: VirtualClock
let people: GivenIssuer
let given: GivenAdmin
/** Commands that went to AWS, but for rows of the audit. */
let calls: string[]

async function begin(options: Partial<OidcConfig> = {}): Promise<void> {
  clock = virtualClock()
  people = givenIssuer([key], clock, options)
  calls = []
  const send = (command: { constructor: { name: string }; input: object }, more?: object): unknown => {
    const { name } = command.constructor
    // That something was tried stands in the audit, whatever came of it.
    const isRow = name !== 'QueryCommand' && JSON.stringify(command.input).includes('"audit#')
    if (!isRow) calls.push(name)
    return tables.client.send(command as never, more as never)
  }
  const counting = { ...tables, client: { send } as unknown as DynamoDBClient }
  given = await givenAdmin(counting, {
    clock,
    changes: { people: { config: people.config, keys: people.keys, clock } },
  })
  calls.length = 0
}
beforeEach(() => begin())

/** A request with this token; POST where there is a body. */
const ask = async (token: string, path: string, body?: unknown, method?: string): Promise<Response> =>
  given.app.request(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const json = async (response: Response | Promise<Response>): Promise<Json> =>
  (await (await response).json()) as Json
const items = async (response: Promise<Response>): Promise<Json[]> =>
  (await json(response))['items'] as Json[]
const as = (role: Role, more: object = {}): Promise<string> => people.token({ roles: [role], ...more })

/** Status and code; every refusal is a problem as the document tells it. */
async function refusal(response: Response | Promise<Response>): Promise<unknown[]> {
  const settled = await response
  const body = await json(settled)
  expect(settled.headers.get('content-type')).toBe('application/problem+json')
  expect(problemSchema.safeParse(body).success).toBe(true)
  return [settled.status, body['code']]
}

const addressOf = ({ path }: Operation): string =>
  path.startsWith('/api/connections/')
    ? `${path.replace('{id}', unknownConnection)}?tenant=acme`
    : path.replace('{id}', unknownId)

describe('B076: who gets in', () => {
  test('a token of the issuer does, and so does the admin token', async () => {
    expect((await ask(await as('viewer'), '/api/events')).status).toBe(200)
    expect((await given.api('/api/events')).status).toBe(200)
  })

  test('whoever does not is told nothing but that, whatever is wrong', async () => {
    const stranger = await signingKey('ES256')
    const token = await as('admin')
    const wrong = [
      await as('admin', { exp: Math.floor(clock.now() / 1_000) - 60 }),
      await as('admin', { nbf: Math.floor(clock.now() / 1_000) + 60 }),
      await as('admin', { iss: 'https://evil.example.com/' }),
      await as('admin', { aud: 'https://other.example.com' }),
      await people.token({ roles: ['admin'] }, {}, stranger),
      await people.token({ roles: ['admin'] }, { kid: 'unknown' }),
      await people.token({ roles: ['admin'] }, { typ: 'logout+jwt' }),
      `${token}x`,
      'eyJhbGciOiJub25lIn0.e30.',
      'wrong',
    ]
    const answers = await Promise.all(
      wrong.map(async (each) => {
        const response = await ask(each, '/api/events')
        return JSON.stringify([response.status, [...response.headers], await response.text()])
      }),
    )
    expect(new Set(answers).size).toBe(1)
    const response = await ask(wrong[0] ?? '', '/api/events')
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="sluice", error="invalid_token"')
    expect(await refusal(response)).toEqual([401, 'unauthenticated'])
  })

  test('a request without a token is asked for one, and told of no error', async () => {
    for (const authorization of [
      undefined,
      '',
      'Basic YWRtaW46YWRtaW4=',
      'Bearer',
      'DPoP x',
      `Basic ${await as('admin')}`,
    ]) {
      const response = await given.app.request('/api/events', {
        headers: authorization === undefined ? {} : { authorization },
      })
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="sluice"')
      expect(await refusal(response)).toEqual([401, 'unauthenticated'])
    }
  })

  test('two tokens in one header are none', async () => {
    const headers = new Headers({ authorization: `Bearer ${await as('admin')}` })
    headers.append('authorization', `Bearer ${await as('admin')}`)
    expect(await refusal(given.app.request('/api/events', { headers }))).toEqual([401, 'unauthenticated'])
  })

  test('a token opens neither the console nor anything by its query', async () => {
    const token = await as('admin')
    expect((await ask(token, '/console')).status).toBe(401)
    for (const name of ['access_token', 'token'])
      expect((await given.app.request(`/api/events?${name}=${token}`)).status).toBe(401)
  })

  test('where the config names no issuer, no token of a person opens anything', async () => {
    const closed = await givenAdmin(tables, { clock })
    const headers = { authorization: `Bearer ${await as('admin')}` }
    expect(await refusal(closed.app.request('/api/events', { headers }))).toEqual([401, 'unauthenticated'])
    expect(people.asked).toEqual([])
  })

  test('a token without a required scope is told which it needs', async () => {
    await begin({ requiredScopes: ['sluice', 'sluice.api'] })
    const response = await ask(await as('admin', { scope: 'sluice' }), '/api/events')
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="sluice", error="insufficient_scope", scope="sluice sluice.api"',
    )
    expect(await refusal(response)).toEqual([403, 'insufficient_scope'])
    expect((await ask(await as('viewer', { scope: 'sluice.api sluice' }), '/api/events')).status).toBe(200)
  })

  test('an issuer that does not answer is a 503 for its tokens, and nothing for the admin token', async () => {
    people.published.set(jwksUrl, 500)
    const response = await ask(await as('viewer'), '/api/events')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([503, 'unavailable'])
    expect((await given.api('/api/events')).status).toBe(200)
  })

  test('forged tokens reach no table, and the issuer no more often than its limit', async () => {
    await as('viewer').then((token) => ask(token, '/api/events'))
    const stranger = await signingKey('ES256')
    const forged = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        people.token({ roles: ['admin'] }, { kid: `kid-${at}` }, stranger),
      ),
    )
    calls.length = 0
    for (const round of [0, 1, 2]) {
      const answers = await Promise.all(
        forged.map((token) => ask(token, '/api/dead-letters/redrive', { ids: [unknownId] })),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
      expect(people.asked.length, `round ${round}`).toBeLessThanOrEqual(1 + round)
      await clock.advance(limits.cooldownMs)
    }
    expect(calls).toEqual([])
    expect(given.queued).toEqual([])
  })

  test('no line of the log has a token or a claim in it', async () => {
    people.published.set(jwksUrl, 500)
    const token = await as('admin', { sub: 'canary@example.com' })
    await ask(token, '/api/events')
    expect(people.lines).toHaveLength(1)
    const written = [...given.lines, ...people.lines].join('\n')
    expect(written).not.toContain('canary')
    expect(written).not.toContain(token.split('.')[1])
  })
})

describe('B080: roles', () => {
  test('every route under /api belongs to an operation, and so has a role', () => {
    const named = new Set(
      all.map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    const routed = given.app.routes
      .filter(({ method, path }) => path.startsWith('/api/') && method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`)
    expect(new Set(routed)).toEqual(named)
  })

  test('reading takes a viewer, doing an operator, and what can not be undone or opens more an admin', () => {
    const by = (role: Role) => all.filter((each) => each.role === role).map(({ id }) => id)
    const reading = all.filter(({ method, produces }) => method === 'get' && produces === undefined)
    expect(by('viewer')).toEqual(reading.map(({ id }) => id))
    expect(by('operator')).toEqual([
      'replayEvent',
      'redrive',
      'createConnectLink',
      'refreshConnection',
      'activateConnection',
      'runPoll',
      'rewrapTenantKeys',
      'startBackfill',
      'pauseBackfill',
      'resumeBackfill',
      'cancelBackfill',
      'resetBreaker',
      'exportEvents',
      'startReplay',
      'pauseReplay',
      'resumeReplay',
      'cancelReplay',
    ])
    expect(by('admin')).toEqual([
      'createConnection',
      'deleteConnection',
      'shredTenantKeys',
      'createLoginLink',
    ])
  })

  test.each(all.map((operation) => [operation.id, operation] as const))(
    '%s is refused to who may less, and says what it takes',
    async (_, operation) => {
      const body = operation.method === 'post' ? {} : undefined
      const call = (token: string) => ask(token, addressOf(operation), body, operation.method.toUpperCase())
      const needed = roles.indexOf(operation.role)
      expect(await refusal(call(await people.token()))).toEqual([403, `needs_${operation.role}`])
      for (const [index, role] of roles.entries()) {
        const response = await call(await as(role))
        if (index < needed) expect(await refusal(response)).toEqual([403, `needs_${operation.role}`])
        else expect([200, 201, 202, 400, 404]).toContain(response.status)
      }
    },
  )

  test('a viewer who replays, redrives or deletes changes nothing and reads nothing', async () => {
    const id = await given.seed({ key: 'k', status: 'dead' })
    const token = await as('viewer')
    calls.length = 0
    const answers = [
      await refusal(ask(token, `/api/events/${id}/replay`, {})),
      await refusal(ask(token, '/api/dead-letters/redrive', { ids: [id] })),
      await refusal(ask(token, `/api/connections/${unknownConnection}?tenant=acme`, undefined, 'DELETE')),
    ]
    expect(answers).toEqual([
      [403, 'needs_operator'],
      [403, 'needs_operator'],
      [403, 'needs_admin'],
    ])
    expect([calls, given.queued]).toEqual([[], []])
  })

  test('the document tells the role of each operation', async () => {
    const { paths } = (await json(given.app.request('/openapi.json'))) as {
      paths: Record<string, Record<string, Json>>
    }
    for (const { path, method, role } of all)
      expect(paths[path]?.[method]).toMatchObject({
        'x-sluice-role': role,
        description: `Takes the role ${role}.`,
      })
  })

  test('an admin makes a login link that opens the console', async () => {
    const { url } = await json(ask(await as('admin'), '/api/login-links', {}))
    expect((await given.app.request(String(url))).status).toBe(303)
  })

  test('a list goes on by its cursor, also with the next token', async () => {
    for (const each of ['a', 'b', 'c']) await given.seed({ key: each })
    const first = await json(ask(await as('viewer'), '/api/events?limit=2'))
    const next = `/api/events?limit=2&cursor=${String(first['cursor'])}`
    expect(await items(ask(await as('viewer', { jti: 'another' }), next))).toHaveLength(1)
  })
})

describe('B079: tenants', () => {
  let own: string
  let foreign: string
  let token: string
  const connect = async (tenant: string, account: string): Promise<string> => {
    const id = connectionId(tenant, 'sandbox', account)
    const now = clock.now()
    const whole = { id, tenant, provider: 'sandbox', account, state: 'pending', scopes: [] } as const
    await given.deps.vault.connect(
      { ...whole, connectedAt: now, obtainedAt: now, tokens: Buffer.from('sealed') },
      id,
    )
    return id
  }
  beforeEach(async () => {
    await begin({ tenantsClaim: 'tenants' })
    own = await given.seed({ key: 'own', tenant: 'acme', status: 'dead', reason: 'conflict' })
    foreign = await given.seed({ key: 'foreign', tenant: 'globex', status: 'dead', reason: 'conflict' })
    token = await as('admin', { tenants: ['acme'] })
  })

  test('events and dead letters are those of the token', async () => {
    for (const list of ['/api/events', '/api/dead-letters']) {
      expect((await items(ask(token, list))).map(({ id }) => id)).toEqual([own])
      expect(await items(ask(token, `${list}?tenant=acme`))).toHaveLength(1)
      expect(await json(ask(token, `${list}?tenant=globex`))).toEqual({ items: [], cursor: null })
      expect(await json(ask(token, `${list}?tenant=nobody`))).toEqual({ items: [], cursor: null })
      expect(await items(ask(await as('viewer', { tenants: ['globex', 'acme', 'x'] }), list))).toHaveLength(2)
      expect(await items(given.api(list))).toHaveLength(2)
    }
  })

  test("another's event is not found, by the same answer as one that is not there", async () => {
    const there = await json(ask(token, `/api/events/${foreign}`))
    expect(there).toEqual(await json(ask(token, `/api/events/${unknownId}`)))
    expect(there).toMatchObject({ status: 404, code: 'not_found' })
    const replayed = await json(ask(token, `/api/events/${foreign}/replay`, {}))
    expect(replayed).toEqual(await json(ask(token, `/api/events/${unknownId}/replay`, {})))
    expect(replayed).toMatchObject({ status: 404 })
    expect(given.queued).toEqual([])
    expect((await ask(token, `/api/events/${own}`)).status).toBe(200)
  })

  test("another's dead letter is not redriven, neither by its id nor by its reason", async () => {
    expect(await items(ask(token, '/api/dead-letters/redrive', { ids: [foreign, own] }))).toEqual([
      { id: foreign, result: 'not_found' },
      { id: own, result: 'queued' },
    ])
    expect(await items(ask(token, '/api/dead-letters/redrive', { reason: 'conflict' }))).toEqual([
      { id: own, result: 'queued' },
    ])
    expect(given.queued.map(({ id }) => id)).toEqual([own, own])
  })

  test('a cursor of one scope is none of another', async () => {
    await given.seed({ key: 'more', tenant: 'acme' })
    const { cursor } = await json(ask(token, '/api/events?limit=1'))
    const next = `/api/events?limit=1&cursor=${String(cursor)}`
    expect((await ask(token, next)).status).toBe(200)
    for (const other of [
      await as('admin', { tenants: ['globex'] }),
      await as('admin', { tenants: ['acme', 'globex'] }),
    ])
      expect(await refusal(ask(other, next))).toEqual([400, 'invalid_cursor'])
    expect(await refusal(given.api(next))).toEqual([400, 'invalid_cursor'])
  })

  test('connections are those of the token, over all of its tenants, each once', async () => {
    const tenants = ['acme', 'acme-2', 'globex', 'initech']
    for (const tenant of tenants) for (const account of ['a', 'b', 'c']) await connect(tenant, account)
    const mine = ['initech', 'nobody', 'acme']
    const scoped = await as('viewer', { tenants: mine })
    for (const limit of [1, 2, 3, 4, 50]) {
      const seen: string[] = []
      let cursor: string | null = ''
      for (let pages = 0; cursor !== null; pages += 1) {
        expect(pages).toBeLessThan(12)
        const query: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
        const page = await json(ask(scoped, `/api/connections?limit=${limit}${query}`))
        seen.push(
          ...(page['items'] as Json[]).map(({ tenant, account }) => `${String(tenant)} ${String(account)}`),
        )
        cursor = page['cursor'] as string | null
      }
      expect(seen.toSorted(), `limit ${limit}`).toEqual([
        'acme a',
        'acme b',
        'acme c',
        'initech a',
        'initech b',
        'initech c',
      ])
    }
    expect(await json(ask(scoped, '/api/connections?tenant=globex'))).toEqual({ items: [], cursor: null })
    const place = encodeURIComponent(`globex#${connectionId('globex', 'sandbox', 'a')}`)
    for (const query of [`cursor=${place}`, `tenant=acme&cursor=${place}`, `tenant=globex&cursor=${place}`])
      expect(await refusal(ask(scoped, `/api/connections?${query}`))).toEqual([400, 'invalid_cursor'])
  })

  test("another's connection is not found, whatever is asked of it, and stays as it was", async () => {
    const id = await connect('globex', 'a')
    const before = await given.deps.vault.get('globex', id, { consistent: true })
    calls.length = 0
    for (const tenant of ['globex', 'acme']) {
      const at = `/api/connections/${id}`
      for (const response of [
        ask(token, `${at}?tenant=${tenant}`),
        ask(token, `${at}?tenant=${tenant}`, undefined, 'DELETE'),
        ask(token, `${at}/refresh?tenant=${tenant}`, {}),
        ask(token, `${at}/activate?tenant=${tenant}`, {}),
      ])
        expect(await refusal(response)).toEqual([404, 'not_found'])
      // Of a tenant that is not the token's, nothing is even asked.
      if (tenant === 'globex') expect(calls).toEqual([])
    }
    expect(await given.deps.vault.get('globex', id, { consistent: true })).toEqual(before)
    expect(
      (
        await ask(
          await as('admin', { tenants: ['globex'] }),
          `/api/connections/${id}/activate?tenant=globex`,
          {},
        )
      ).status,
    ).toBe(200)
  })

  test('polls and missed webhooks are those of the token, and no other is run', async () => {
    const polls = dynamoPolls({ client: tables.client, table: given.connectionsTable, clock })
    for (const tenant of ['acme', 'globex']) {
      const id = { connection: connectionId(tenant, 'stripe', 'a'), stream: 'events' }
      const whole = { ...id, tenant, provider: 'stripe', endpoint: 'stripe' }
      await polls.create({ ...whole, phase: phaseFor(id, 5), createdAt: clock.now() })
    }
    expect((await items(ask(token, '/api/polls'))).map(({ tenant }) => tenant)).toEqual(['acme'])
    expect(await items(ask(token, '/api/polls?tenant=globex'))).toEqual([])
    const at = (tenant: string, of: string): string =>
      `/api/polls/${connectionId(of, 'stripe', 'a')}:events/run?tenant=${tenant}`
    for (const path of [at('globex', 'globex'), at('acme', 'globex'), at('globex', 'acme')])
      expect(await refusal(ask(token, path, {}))).toEqual([404, 'not_found'])
    expect(given.polled).toEqual([])
    calls.length = 0
    expect(await items(ask(token, '/api/missed-webhooks?tenant=globex'))).toEqual([])
    expect(calls).toEqual([])
    expect((await ask(token, at('acme', 'acme'), {})).status).toBe(202)
  })

  test('a connect link is made for a tenant of the token, and for no other', async () => {
    calls.length = 0
    const link = (tenant: string) => ask(token, '/api/connect-links', { provider: 'sandbox', tenant })
    expect(await refusal(link('globex'))).toEqual([404, 'not_found'])
    expect(calls).toEqual([])
    expect((await link('acme')).status).toBe(201)
  })

  test("what became of another's link is not told, by the same answer as of one that never was", async () => {
    const made = await json(given.api('/api/connect-links', { provider: 'sandbox', tenant: 'globex' }))
    const told = (id: unknown, caller = token) =>
      ask(caller, `/api/connect-links/${String(id)}?tenant=globex`)
    const there = await json(told(made['id']))
    expect(there).toMatchObject({ status: 404, code: 'not_found' })
    expect(there).toEqual(await json(told(`link_${'x'.repeat(43)}`)))
    expect((await told(made['id'], await as('viewer', { tenants: ['globex'] }))).status).toBe(200)
  })

  test('a key is stored for a tenant of the token, and for no other', async () => {
    calls.length = 0
    const handed = { provider: 'sendgrid', credentials: { key: 'SG.a-key-of-some-length' } }
    const store = (tenant: string) => ask(token, '/api/connections', { ...handed, tenant })
    expect(await refusal(store('globex'))).toEqual([404, 'not_found'])
    expect(calls).toEqual([])
    expect((await store('acme')).status).toBe(201)
  })

  test('addresses are shown of the tenants of the token', async () => {
    const endpoints = async (who: string) =>
      (await items(ask(who, '/api/providers'))).flatMap(({ endpoints: each }) => each as Json[])
    expect(await endpoints(token)).toEqual([])
    expect(await endpoints(await as('viewer', { tenants: 'default' }))).toHaveLength(1)
  })

  test('no login link: it opens the console for every tenant', async () =>
    expect(await refusal(ask(token, '/api/login-links', {}))).toEqual([403, 'forbidden']))

  test.each([
    {},
    { tenants: [] },
    { tenants: '*' },
    { tenants: true },
    { tenants: { acme: true } },
    { tenant: 'acme' },
  ])('a token with %j sees nothing, and no table is asked', async (claims) => {
    const nobody = await as('admin', claims)
    calls.length = 0
    for (const list of ['/api/events', '/api/dead-letters', '/api/connections'])
      expect(await json(ask(nobody, list))).toEqual({ items: [], cursor: null })
    expect(calls).toEqual([])
    expect(await refusal(ask(nobody, `/api/events/${own}`))).toEqual([404, 'not_found'])
    expect(await items(ask(nobody, '/api/dead-letters/redrive', { reason: 'conflict' }))).toEqual([])
    expect(given.queued).toEqual([])
  })

  test('the admin token is for all', async () => {
    expect((await given.api(`/api/events/${foreign}`)).status).toBe(200)
    expect((await given.api('/api/login-links', {})).status).toBe(201)
  })
})

test.each([
  { provider: 'sandbox', tenant: 'acme', tenantId: 'globex' },
  { provider: 'sandbox', tenant: 'acme', role: 'admin' },
  { provider: 'sandbox', tenant: 'acme', status: 'active' },
  { provider: 'sandbox', tenant: 'acme', tenants: ['globex'] },
])('B081: %j from a person is refused as an unknown field', async (body) => {
  await begin({ tenantsClaim: 'tenants' })
  const token = await as('operator', { tenants: ['acme'] })
  calls.length = 0
  expect(await refusal(ask(token, '/api/connect-links', body))).toEqual([400, 'unknown_field'])
  expect(await refusal(ask(token, `/api/events/${unknownId}/replay`, { role: 'admin' }))).toEqual([
    400,
    'unknown_field',
  ])
  expect(await refusal(ask(token, '/api/events?role=admin'))).toEqual([400, 'unknown_field'])
  expect(calls).toEqual([])
})

import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { providers } from '#lib/providers/catalog.ts'
import { operations, type Operation } from '#lib/admin/operations.ts'
import { problem as problemSchema } from '#lib/admin/schemas.ts'
import { loginLinkLifetime } from '#lib/admin/login-link.ts'
import { inlineBody } from '#lib/buffer/envelope.ts'
import { keepMessage } from '#lib/buffer/kept.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { days } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

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
const unknownId = `evt_${'x'.repeat(32)}`

/** The answer, checked against what the document says of it. */
async function answer(operation: Operation, response: Response | Promise<Response>): Promise<Json> {
  const { status, body } = await read(await response)
  expect(status).toBe(operation.status)
  const parsed = operation.answer.safeParse(body)
  expect(parsed.error?.issues ?? []).toEqual([])
  return body
}

async function refusal(response: Response | Promise<Response>, status: number, code: string): Promise<Json> {
  const settled = await response
  expect(settled.headers.get('content-type')).toBe('application/problem+json')
  const { body } = await read(settled)
  expect(body).toMatchObject({ status, code })
  expect(settled.status).toBe(status)
  expect(problemSchema.safeParse(body).success).toBe(true)
  return body
}

const read = async (response: Response) => ({
  status: response.status,
  body: (await response.json()) as Json,
})
const items = (body: Json) => body['items'] as Json[]

describe('a tenant’s keys', () => {
  const path = '/api/tenants/acme/keys'
  const destroy = (at = path): Promise<Response> => given.request(at, 'DELETE')
  const connection = (state: 'active' | 'deleted') => {
    const times = { connectedAt: given.deps.clock.now(), obtainedAt: given.deps.clock.now() }
    const named = { id: connectionId('acme', 'sandbox', 'alice'), tenant: 'acme', provider: 'sandbox' }
    return { ...named, ...times, account: 'alice', scopes: [], state, tokens: new Uint8Array([1]) }
  }

  test('are counted, and say what was asked for them', async () => {
    await given.keysOf('acme')
    const told = await answer(operations.getTenantKeys, given.api(path))
    expect(told).toEqual({ tenant: 'acme', keys: 1, task: null, rewrappedAt: null })
    const asked = await answer(operations.rewrapTenantKeys, given.api(`${path}/rewrap`, {}))
    expect(asked).toEqual({ tenant: 'acme', status: 'scheduled' })
    expect(await answer(operations.getTenantKeys, given.api(path))).toMatchObject({ task: 'rewrap' })
  })

  test('are shredded once nothing of the tenant is connected', async () => {
    await given.keysOf('acme')
    await given.deps.vault.connect(connection('active'), 'owner-1')
    await refusal(destroy(), 409, 'conflict')
    expect(await answer(operations.getTenantKeys, given.api(path))).toMatchObject({ task: null })
    await given.deps.vault.connect(connection('deleted'), 'owner-2')
    await answer(operations.shredTenantKeys, destroy())
    expect(await answer(operations.getTenantKeys, given.api(path))).toMatchObject({ task: 'shred' })
    await refusal(given.api(`${path}/rewrap`, {}), 409, 'conflict')
  })

  test.each(['globex', 'Acme', '%23', 'a%2Fb', 'x'.repeat(64)])('of %s are not there', async (tenant) => {
    const at = `/api/tenants/${tenant}/keys`
    await refusal(given.api(at), 404, 'not_found')
    await refusal(given.api(`${at}/rewrap`, {}), 404, 'not_found')
    await refusal(destroy(at), 404, 'not_found')
  })
})

describe('getting in', () => {
  test.each([
    {},
    { authorization: 'Basic YWRtaW46YWRtaW4=' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer [redacted]' },
    { cookie: '__Host-sluice=x' },
  ])('B076: %j is refused on every path under /api, known or not', async (headers) => {
    for (const path of ['/api/events', `/api/events/${unknownId}`, '/api/providers', '/api/nothing']) {
      const response = await given.app.request(path, { headers })
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
      await refusal(response, 401, 'unauthenticated')
    }
  })

  test('a deployment without a token lets nobody in', async () => {
    const open = await givenAdmin(tables, { changes: { token: () => Promise.resolve(undefined) } })
    await refusal(open.api('/api/events'), 503, 'endpoint_misconfigured')
    await refusal(
      open.api('/api/events', undefined, { authorization: 'Bearer undefined' }),
      503,
      'endpoint_misconfigured',
    )
    expect((await open.app.request('/console')).status).toBe(503)
  })
})

describe('GET /api/events', () => {
  test('lists events newest first with exactly the fields of an event', async () => {
    await given.seed({ key: 'old', age: 60_000 })
    await given.seed({ key: 'new', provider: 'github', type: 'push', tenant: 'acme', status: 'retry' })

    const body = await answer(operations.listEvents, given.api('/api/events'))

    expect(body['cursor']).toBeNull()
    expect(items(body).map(({ deliveryKey }) => deliveryKey)).toEqual(['new', 'old'])
    expect(items(body)[0]).toEqual({
      id: expect.stringMatching(/^evt_/) as string,
      tenant: 'acme',
      provider: 'github',
      type: 'push',
      status: 'retry',
      attempts: 1,
      via: 'webhook',
      deliveryKey: 'new',
      receivedAt: new Date(given.deps.clock.now()).toISOString(),
      completedAt: null,
      reason: 'HandlerError: refused',
    })
  })

  test('a received event has no record yet, so the list of those is empty', async () => {
    await given.seed({ key: 'a' })
    const body = await answer(operations.listEvents, given.api('/api/events?status=received'))
    expect(body).toEqual({ items: [], cursor: null })
  })

  test('pages by cursor, which stays with its filter', async () => {
    for (let index = 0; index < 5; index += 1) await given.seed({ key: `k${index}`, age: index * 1_000 })
    const first = await answer(operations.listEvents, given.api('/api/events?limit=3&provider=stripe'))
    const cursor = String(first['cursor'])
    await given.seed({ key: 'late' })

    const second = await answer(
      operations.listEvents,
      given.api(`/api/events?limit=3&provider=stripe&cursor=${cursor}`),
    )

    expect([...items(first), ...items(second)].map(({ deliveryKey }) => deliveryKey)).toEqual([
      'k0',
      'k1',
      'k2',
      'k3',
      'k4',
    ])
    expect(second['cursor']).toBeNull()
    for (const other of [
      'provider=github',
      'provider=stripe&tenant=acme',
      'provider=stripe&since=2026-01-01T00:00:00Z',
    ])
      await refusal(given.api(`/api/events?${other}&cursor=${cursor}`), 400, 'invalid_cursor')
    await refusal(given.api(`/api/dead-letters?provider=stripe&cursor=${cursor}`), 400, 'invalid_cursor')
  })

  test.each(['', 'x', 'a.b', `${'A'.repeat(40)}.${'A'.repeat(43)}`, '%00', '%F0%9F%92%A9'])(
    'B083: cursor=%s is refused',
    async (cursor) => void (await refusal(given.api(`/api/events?cursor=${cursor}`), 400, 'invalid_cursor')),
  )

  test('B083: a cursor of another deployment, or of the day before yesterday, is refused', async () => {
    const clock = virtualClock()
    const here = await givenAdmin(tables, { clock })
    for (const key of ['a', 'b']) await here.seed({ key })
    const { cursor } = await answer(operations.listEvents, here.api('/api/events?limit=1'))
    await refusal(given.api(`/api/events?limit=1&cursor=${String(cursor)}x`), 400, 'invalid_cursor')

    await clock.advance(days(2))

    await refusal(here.api(`/api/events?limit=1&cursor=${String(cursor)}`), 400, 'invalid_cursor')
  })

  test.each(['-1', '0', '101', '1e9', 'abc', '1.5', '', ' 1'])('B083: limit=%s is refused', async (limit) => {
    const body = await refusal(
      given.api(`/api/events?limit=${encodeURIComponent(limit)}`),
      400,
      'malformed_request',
    )
    expect(body['errors']).toMatchObject([{ pointer: '/limit' }])
  })

  test.each([
    'since=yesterday',
    'until=1',
    'since=2026-13-01T00:00:00Z',
    'status=open',
    'tenant=',
    `type=${'x'.repeat(300)}`,
  ])(
    '%s is refused',
    async (query) => void (await refusal(given.api(`/api/events?${query}`), 400, 'malformed_request')),
  )

  test.each(['unknown=1', 'Tenant=a', 'tenantId=B', '__proto__=1', 'constructor=1', 'status[]=done'])(
    'B081: the unknown query %s is refused',
    async (query) => void (await refusal(given.api(`/api/events?${query}`), 400, 'unknown_field')),
  )

  test('a query that is given twice is refused, not guessed at', async () =>
    void (await refusal(given.api('/api/events?tenant=a&tenant=b'), 400, 'malformed_request')))
})

describe('GET /api/events/{id}', () => {
  test('says where one stands, what happened and what it carries, without what is private', async () => {
    const data = {
      id: 'evt_1',
      data: { object: { amount: 5, receipt_email: 'canary@example.com', note: 'canary@example.com' } },
    }
    const id = await given.seed({ key: 'evt_1', body: JSON.stringify(data) })

    const body = await answer(operations.getEvent, given.api(`/api/events/${id}`))

    expect(JSON.stringify(body)).not.toContain('canary')
    expect(body).toMatchObject({
      id,
      status: 'done',
      endpoint: 'stripe',
      steps: [],
      payload: { state: 'shown', contentType: 'application/json', truncated: false },
    })
    expect((body['timeline'] as Json[]).map(({ what }) => what)).toEqual([
      'happened at the provider',
      'received and stored',
      'done',
    ])
    expect((body['payload'] as Json)['data']).toEqual({
      id: 'evt_1',
      data: { object: { amount: 5, receipt_email: '[redacted]', note: '[redacted]' } },
    })
  })

  test.each([
    [
      'a form',
      'token=canary&text=hi',
      'application/x-www-form-urlencoded',
      {},
      { token: '[redacted]', text: 'hi' },
    ],
    [
      'JSON in a form',
      `payload=${encodeURIComponent('{"token":"canary","type":"x"}')}`,
      'application/x-www-form-urlencoded',
      {},
      { payload: { token: '[redacted]', type: 'x' } },
    ],
    [
      'compressed JSON',
      gzipSync('{"password":"canary"}'),
      'application/json',
      { 'content-encoding': 'gzip' },
      { password: '[redacted]' },
    ],
  ] as const)('hides inside %s', async (_, body, contentType, headers, data) => {
    const id = await given.seed({ key: 'k', provider: 'slack', body, contentType, headers })
    const detail = await answer(operations.getEvent, given.api(`/api/events/${id}`))
    expect(detail['payload']).toMatchObject({ state: 'shown', data })
  })

  test.each([
    ['text', 'password is canary', 'text/plain'],
    ['broken JSON', '{"password":"canary"', 'application/json'],
    ['bytes', Uint8Array.of(0, 255, 1), 'application/octet-stream'],
  ])('shows nothing of %s, only its size and hash', async (_, body, contentType) => {
    const id = await given.seed({ key: 'k', provider: 'hmac', body, contentType })
    const detail = await answer(operations.getEvent, given.api(`/api/events/${id}`))
    expect(JSON.stringify(detail)).not.toContain('canary')
    expect(detail['payload']).toMatchObject({ state: 'opaque', data: null, bytes: body.length })
  })

  test('an event on its way shows no payload, what succeeded so far, and no lease', async () => {
    const id = await given.seed({ key: 'k', status: 'retry', reason: 'HandlerError: mail ada@example.com' })
    const detail = await answer(operations.getEvent, given.api(`/api/events/${id}`))
    expect(detail).toMatchObject({
      payload: { state: 'not_kept' },
      steps: ['handlers/first'],
      reason: 'HandlerError: mail [redacted]',
      leaseUntil: null,
    })
  })

  test('an archived envelope that the bucket has deleted, or that is damaged, is said to be', async () => {
    const noise = Array.from({ length: 4_000 }, (_, index) => (index * 2_654_435_761).toString(36)).join('')
    const id = await given.seed({ key: 'k', body: JSON.stringify({ noise }) })
    const [key = ''] = given.objects.keys()
    expect(key).toMatch(/^archive\//)
    const shown = async () => (await answer(operations.getEvent, given.api(`/api/events/${id}`)))['payload']
    expect(await shown()).toMatchObject({ state: 'shown', truncated: true })

    given.objects.set(key, Buffer.from('damaged'))
    expect(await shown()).toMatchObject({ state: 'unreadable', data: null })

    given.objects.delete(key)
    expect(await shown()).toMatchObject({ state: 'expired', data: null })
  })

  test('a message that was no envelope is shown as far as it is JSON', async () => {
    const facts = {
      tenant: 'unknown',
      provider: 'unknown',
      endpoint: 'unknown',
      type: 'unknown',
      via: 'webhook' as const,
    }
    const kept = { envelope: keepMessage('{"v":9,"secret":"canary"}') }
    const now = given.deps.clock.now()
    const more = {
      id: unknownId,
      deliveryKey: 'k',
      receivedAt: now,
      contentHash: inlineBody(Buffer.from('x')).sha256,
    }
    await given.claims.buryUnclaimed({ ...facts, ...more }, 'bad_envelope', kept)

    const detail = await answer(operations.getEvent, given.api(`/api/events/${unknownId}`))

    expect(detail).toMatchObject({
      reason: 'bad_envelope',
      payload: { data: { v: 9, secret: '[redacted]' } },
    })
  })

  test.each(['nobody', 'evt_short', unknownId, '..%2f..%2fx', '%00'])(
    '%s is not found',
    async (id) => void (await refusal(given.api(`/api/events/${id}`), 404, 'not_found')),
  )
})

describe('POST /api/events/{id}/replay', () => {
  test('sends a finished event through as a new one, with or without an empty object', async () => {
    const id = await given.seed({ key: 'k' })
    const first = await answer(operations.replayEvent, given.api(`/api/events/${id}/replay`, {}))
    const headers = { authorization: `Bearer ${given.token.reveal()}` }
    const second = await answer(
      operations.replayEvent,
      given.app.request(`/api/events/${id}/replay`, { method: 'POST', headers }),
    )

    expect(given.queued.map(({ id: queued }) => queued)).toEqual([first['id'], second['id']])
    expect(new Set([id, first['id'], second['id']]).size).toBe(3)
    expect(given.queued.every(({ replayOf, via }) => replayOf === id && via === 'replay')).toBe(true)
  })

  test('an event on its way is refused: 409; an unknown one: 404; one without its body: 410', async () => {
    const id = await given.seed({ key: 'k', status: 'retry' })
    await refusal(given.api(`/api/events/${id}/replay`, {}), 409, 'conflict')
    await refusal(given.api(`/api/events/${unknownId}/replay`, {}), 404, 'not_found')
    const noise = Array.from({ length: 4_000 }, (_, index) => (index * 2_654_435_761).toString(36)).join('')
    const large = await given.seed({ key: 'large', body: JSON.stringify({ noise }) })
    given.objects.clear()
    await refusal(given.api(`/api/events/${large}/replay`, {}), 410, 'gone')
    expect(given.queued).toEqual([])
  })

  test('B081: a field that nobody asked for is refused, and nothing is sent', async () => {
    const id = await given.seed({ key: 'k' })
    const body = await refusal(given.api(`/api/events/${id}/replay`, { tenant: 'B' }), 400, 'unknown_field')
    expect(body['errors']).toEqual([{ pointer: '/tenant', detail: 'is not known here' }])
    await refusal(given.api(`/api/events/${id}/replay?force=1`, {}), 400, 'unknown_field')
    expect(given.queued).toEqual([])
  })

  test('a queue that is down is a 503 that says to come back', async () => {
    const failing = {
      send: () => Promise.reject(new Error('down')),
      sendText: () => Promise.reject(new Error('down')),
    }
    const broken = await givenAdmin(tables, { changes: { bulk: failing } })
    const id = await broken.seed({ key: 'k', status: 'dead' })
    await refusal(broken.api(`/api/events/${id}/replay`, {}), 503, 'unavailable')
    await refusal(broken.api('/api/dead-letters/redrive', { ids: [id] }), 503, 'unavailable')
  })
})

describe('dead letters', () => {
  test('are listed with their reason, the latest first', async () => {
    await given.seed({ key: 'a', status: 'dead', reason: 'conflict', age: 5_000 })
    await given.seed({ key: 'b', status: 'dead', reason: 'attempts_exhausted' })
    await given.seed({ key: 'c' })

    const all = await answer(operations.listDeadLetters, given.api('/api/dead-letters'))
    const some = await answer(operations.listDeadLetters, given.api('/api/dead-letters?reason=conflict'))

    expect(items(all).map(({ deliveryKey, reason }) => [deliveryKey, reason])).toEqual([
      ['b', 'attempts_exhausted'],
      ['a', 'conflict'],
    ])
    expect(items(some).map(({ deliveryKey }) => deliveryKey)).toEqual(['a'])
  })

  test('are redriven by id, each answered for', async () => {
    const dead = await given.seed({ key: 'a', status: 'dead' })
    const done = await given.seed({ key: 'b' })

    const body = await answer(
      operations.redrive,
      given.api('/api/dead-letters/redrive', { ids: [dead, done, unknownId, dead] }),
    )

    expect(items(body)).toEqual([
      { id: dead, result: 'queued' },
      { id: done, result: 'not_dead' },
      { id: unknownId, result: 'not_found' },
    ])
    expect(given.queued).toHaveLength(1)
    expect(given.queued[0]).toMatchObject({
      id: dead,
      via: 'webhook',
      redrive: expect.stringContaining(dead) as string,
    })
  })

  test('are redriven by reason, a page at a time', async () => {
    await Promise.all(
      Array.from({ length: 103 }, (_, index) =>
        given.seed({ key: `k${index}`, status: 'dead', reason: 'conflict' }),
      ),
    )
    await given.seed({ key: 'other', status: 'dead', reason: 'bad' })

    const first = await answer(
      operations.redrive,
      given.api('/api/dead-letters/redrive', { reason: 'conflict' }),
    )
    const rest = { reason: 'conflict', cursor: first['cursor'] }
    const second = await answer(operations.redrive, given.api('/api/dead-letters/redrive', rest))

    expect([items(first).length, items(second).length, second['cursor']]).toEqual([100, 3, null])
    expect(new Set(given.queued.map(({ id }) => id)).size).toBe(103)
    const bad = { reason: 'other', cursor: first['cursor'] }
    await refusal(given.api('/api/dead-letters/redrive', bad), 400, 'invalid_cursor')
  })

  test.each([
    [{}, 'malformed_request'],
    [{ ids: [] }, 'malformed_request'],
    [{ ids: ['x'] }, 'malformed_request'],
    [{ ids: unknownId }, 'malformed_request'],
    [{ ids: Array.from({ length: 101 }, () => unknownId) }, 'malformed_request'],
    [{ ids: [unknownId], reason: 'x' }, 'unknown_field'],
    [{ reason: 'x', status: 'dead' }, 'unknown_field'],
    [{ all: true }, 'unknown_field'],
    [[unknownId], 'malformed_request'],
    [null, 'malformed_request'],
    ['text', 'malformed_request'],
  ])('B081: %j is refused as %s', async (body, code) => {
    await refusal(given.api('/api/dead-letters/redrive', body), 400, code)
    expect(given.queued).toEqual([])
  })

  test('B093: another content type, no JSON and too much of it are refused', async () => {
    const post = (body: string, type = 'application/json') =>
      given.app.request('/api/dead-letters/redrive', {
        method: 'POST',
        headers: { authorization: `Bearer ${given.token.reveal()}`, 'content-type': type },
        body,
      })
    await refusal(post('{"reason":"x"}', 'text/plain'), 415, 'unsupported_media_type')
    await refusal(post('reason=x', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type')
    await refusal(post('{"reason":'), 400, 'not_json')
    await refusal(post(''), 400, 'empty_body')
    await refusal(post(JSON.stringify({ reason: 'x'.repeat(70_000) })), 413, 'body_too_large')
  })
})

describe('the rest', () => {
  test('providers come with their addresses in this deployment', async () => {
    const body = await answer(operations.listProviders, given.api('/api/providers'))
    expect(items(body).map(({ id }) => id)).toEqual(providers.map(({ id }) => id))
    expect(items(body).find(({ id }) => id === 'stripe')).toMatchObject({
      displayName: 'Stripe',
      endpoints: [{ id: 'stripe', tenant: 'default', path: '/webhooks/stripe' }],
    })
  })

  test('whoever has the token makes a link that signs in', async () => {
    const { url, expiresAt } = await answer(operations.createLoginLink, given.api('/api/login-links', {}))
    expect(Date.parse(String(expiresAt))).toBe(given.deps.clock.now() + loginLinkLifetime)
    expect(String(url)).toMatch(/^https:\/\/sluice\.test\/console\/login\?link=/)
    expect((await given.app.request(String(url))).status).toBe(303)
  })

  test('B093: another method gets 405 with the one that works', async () => {
    const all: readonly Operation[] = Object.values(operations)
    for (const { path } of all) {
      const methods = all.filter((each) => each.path === path).map(({ method }) => method.toUpperCase())
      const headers = { authorization: `Bearer ${given.token.reveal()}` }
      const address = path.replace('{id}', unknownId)
      const response = await given.app.request(address, {
        method: 'PUT',
        headers,
      })
      expect(response.headers.get('allow')).toBe(methods.join(', '))
      await refusal(response, 405, 'method_not_allowed')
    }
  })

  test('B094: a path that is written otherwise is not found, token or not', async () => {
    for (const path of [
      '/API/events',
      '/api//events',
      '/api/events/',
      '/%61pi/eventz',
      '/apix',
      '/console/../api',
    ])
      expect([401, 404]).toContain((await given.app.request(path)).status)
    await refusal(given.api('/api/events/x/y'), 404, 'not_found')
  })

  test('a ledger that is down is a 503, any other fault a 500, both without their words', async () => {
    const faults = [new SluiceError('LEDGER_UNAVAILABLE', 'canary'), new TypeError('canary')]
    const codes: unknown[] = []
    for (const fault of faults) {
      const fails = () => Promise.reject(fault)
      const history = { get: fails, events: fails, dead: fails }
      const broken = await givenAdmin(tables, { changes: { history } })
      const { status, body } = await read(await broken.api('/api/events'))
      codes.push([status, body['code']])
      expect(JSON.stringify(body)).not.toContain('canary')
    }
    expect(codes).toEqual([
      [503, 'unavailable'],
      [500, 'internal'],
    ])
  })

  test('nothing is kept by caches, framed or sniffed', async () => {
    const { headers } = await given.api('/api/events')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })
})

describe('/health', () => {
  const ask = async (probes: GivenAdmin['deps']['probes'], clock = virtualClock()) => {
    const { app } = await givenAdmin(tables, { clock, changes: { probes } })
    const response = app.request('/health')
    await clock.advance(2_000)
    return read(await response)
  }
  const up = () => Promise.resolve()

  test('is healthy when everything answers', async () => {
    const { status, body } = await ask({ queue: up, ledger: up, bucket: up })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'healthy',
      checks: { queue: { status: 'healthy' }, bucket: { latencyMs: 0 } },
    })
  })

  test('one that fails, or one that does not answer, makes the whole unhealthy', async () => {
    const down = await ask({ queue: up, ledger: () => Promise.reject(new Error('canary')) })
    const silent = await ask({ queue: up, bucket: () => new Promise(() => {}) })

    expect(down).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', checks: { ledger: { status: 'unhealthy' } } },
    })
    expect(silent).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', checks: { bucket: { status: 'unknown' } } },
    })
    expect(JSON.stringify(down)).not.toContain('canary')
  })

  test('without anything to ask is unknown, and that is not healthy', async () =>
    expect((await ask({})).status).toBe(503))

  test('a flood of questions asks once', async () => {
    let asked = 0
    const { app } = await givenAdmin(tables, {
      changes: { probes: { queue: async () => void (asked += 1) } },
    })
    await Promise.all(Array.from({ length: 50 }, async () => app.request('/health')))
    expect(asked).toBe(1)
  })
})

describe('/openapi.json', () => {
  test('tells every operation, its queries, its body and its problems', async () => {
    const { body } = await read(await given.app.request('/openapi.json'))
    const paths = body['paths'] as Record<string, Record<string, Json>>

    expect(body['openapi']).toBe('3.1.0')
    for (const { path, method, id } of Object.values(operations))
      expect(paths[path]?.[method]?.['operationId']).toBe(id)
    const list = paths['/api/events']?.['get'] as { parameters: Json[]; responses: Json }
    expect(list.parameters.map(({ name }) => name)).toEqual([
      'tenant',
      'provider',
      'type',
      'status',
      'since',
      'until',
      'cursor',
      'limit',
    ])
    expect(list.parameters.at(-1)).toMatchObject({ in: 'query', schema: { type: 'integer', maximum: 100 } })
    expect(Object.keys(list.responses)).toEqual(['200', '400', '401', '403', '500', '503'])
  })

  test('tells of the proxy too', async () => {
    const { body } = await read(await given.app.request('/openapi.json'))
    const path = (body['paths'] as Record<string, Record<string, Json>>)['/proxy/{connection}/{path}']
    expect(Object.keys(path ?? {})).toContain('patch')
    expect(path?.['get']).toMatchObject({ operationId: 'callGet', 'x-sluice-role': 'operator' })
  })

  test('every reference in it leads somewhere', async () => {
    const { body } = await read(await given.app.request('/openapi.json'))
    const references = JSON.stringify(body).match(/#\/[\w/]+/g) ?? []
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) {
      const found = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => (at as Json)[name], body)
      expect(found, reference).toBeTypeOf('object')
    }
  })
})

test('no query and no body is answered with a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(fc.webQueryParameters(), fc.json(), async (query, json) => {
      const list = await given.api(`/api/events?${query}`)
      expect(list.status, query).toBeLessThan(500)
      const redrive = await given.api('/api/dead-letters/redrive', JSON.parse(json))
      expect(redrive.status, json).toBeLessThan(500)
    }),
    { numRuns: 100, seed: 5 },
  )
})

import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { CallOptions } from '#lib/outbound/connection-fetch.ts'
import type { ConnectionRef, Sluice } from '#lib/outbound/sluice.ts'
import { ms } from '#lib/primitives/clock.ts'
import { DeadlineExceeded } from '#lib/primitives/deadline.ts'
import { bytesResult } from '#lib/http/gateway-bytes.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { adminToken, connectionOf, fakeSluice, givenProxy } from '#test/fakes/given-proxy.ts'
import { gatewayEvent } from '#test/fakes/given-webhook.ts'
import { givenIssuer, signingKey } from '#test/fakes/issuer.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const stripe = connectionOf('stripe')
const at = (path: string): string => `/proxy/${stripe.id}${path}`

interface Asked {
  readonly tenant: string
  readonly connection: ConnectionRef
  readonly options: CallOptions | undefined
  readonly path: string
  readonly init: RequestInit & { readonly headers: Headers }
}

/** A Sluice that remembers what it was asked and answers as told. */
function given(answer: () => Response = () => new Response('{"ok":true}')) {
  const asked: Asked[] = []
  const sluice: Sluice = {
    fetch: (tenant, connection, options) => async (path, init) => {
      asked.push({ tenant, connection, options, path: path as string, init: init as Asked['init'] })
      return answer()
    },
  }
  return { asked, ...givenProxy(sluice, [stripe, connectionOf('github', 'globex')]) }
}

const failing = (error: Error) =>
  givenProxy(
    fakeSluice(async () => {
      throw error
    }),
    [stripe],
  )

const problem = async (response: Response) => ({
  status: response.status,
  speaker: response.headers.get('sluice-answer'),
  ...((await response.json()) as { code: string; detail: string }),
  type: response.headers.get('content-type'),
})

describe('who may call', () => {
  test('nobody without a token, and no connection is looked for', async () => {
    let looked = 0
    const find = async () => void (looked += 1)
    const { app } = givenProxy(
      fakeSluice(async () => new Response()),
      [],
      { connections: { find } },
    )
    const response = await app.request(at('/v1/charges'))
    expect(await problem(response)).toMatchObject({ status: 401, code: 'unauthenticated', speaker: 'sluice' })
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(looked).toBe(0)
  })

  test('a connection that is not there is 404, before its path is judged by anyone else', async () => {
    const { call, asked } = given()
    for (const id of [`conn_${'x'.repeat(32)}`, 'conn_1', 'stripe', '%2e'])
      expect(await problem(await call(`/proxy/${id}/v1`))).toMatchObject({ speaker: 'sluice' })
    const response = await call(`/proxy/conn_${'x'.repeat(32)}/v1`)
    expect(await problem(response)).toMatchObject({ status: 404, code: 'unknown_connection' })
    expect(asked).toEqual([])
  })

  test('a person by role and tenants: operators call, and the connection of another tenant is unknown', async () => {
    const clock = virtualClock()
    const key = await signingKey('ES256')
    const issuer = givenIssuer([key], clock, { tenantsClaim: 'tenants' })
    const people = { config: issuer.config, keys: issuer.keys, clock }
    const { asked, app } = (() => {
      const world: Asked[] = []
      const sluice: Sluice = {
        fetch: (tenant) => async () => (world.push({ tenant } as Asked), new Response('{}')),
      }
      return { asked: world, ...givenProxy(sluice, [stripe], { people, clock }) }
    })()
    const callAs = async (claims: Record<string, unknown>): Promise<number> => {
      const authorization = `Bearer ${await issuer.token(claims)}`
      return (await app.request(at('/v1'), { headers: { authorization } })).status
    }
    expect(await callAs({ roles: ['viewer'], tenants: ['acme'] })).toBe(403)
    expect(await callAs({ roles: ['operator'], tenants: ['globex'] })).toBe(404)
    expect(await callAs({ roles: ['operator'], tenants: [] })).toBe(404)
    expect(asked).toEqual([])
    expect(await callAs({ roles: ['operator'], tenants: ['acme'] })).toBe(200)
    expect(asked).toEqual([{ tenant: 'acme' }])
  })
})

describe('what leaves', () => {
  test('method, path, query and body as they came, for the connection of the address', async () => {
    const { call, asked } = given()
    const bytes = Buffer.from([0, 255, 128, 10])
    await call(at('/v1/a%2Fb%20c/%E2%82%AC/?x=1&x=%262&y'), { method: 'PUT', body: bytes })
    const [{ tenant, connection, path, init } = {} as Asked] = asked
    expect({ tenant, connection, path, method: init.method }).toEqual({
      tenant: 'acme',
      connection: { provider: 'stripe', account: 'a' },
      path: '/v1/a%2Fb%20c/%E2%82%AC/?x=1&x=%262&y',
      method: 'PUT',
    })
    expect(Buffer.from(init.body as ArrayBuffer).equals(bytes)).toBe(true)
  })

  test('no header of the way here, of the caller or of Sluice', async () => {
    const { call, asked } = given()
    await call(at('/v1'), {
      headers: {
        accept: 'application/json',
        'notion-version': '2022-06-28',
        'stripe-account': 'acct_1',
        cookie: 'sluice=1',
        host: 'evil.example',
        connection: 'close, x-hop',
        'x-hop': '1',
        'proxy-authorization': 'Basic eA==',
        te: 'trailers',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=1.2.3.4',
        'x-amzn-trace-id': 'Root=1',
        'sluice-timeout-ms': '1000',
        'sluice-anything': 'x',
        'accept-encoding': 'br',
        'idempotency-key': 'k-1',
      },
    })
    expect(Object.fromEntries(asked[0]?.init.headers ?? [])).toEqual({
      accept: 'application/json',
      'notion-version': '2022-06-28',
      'stripe-account': 'acct_1',
    })
  })

  test('options by headers', async () => {
    const { call, asked } = given()
    await call(at('/v1'), {
      method: 'POST',
      headers: {
        'sluice-timeout-ms': '25000',
        'sluice-priority': 'backfill',
        'sluice-base': 'files',
        'sluice-redirect': 'manual',
        'sluice-fallback': '300;fresh=10',
        'idempotency-key': 'order 7',
      },
    })
    const [{ connection, options, init } = {} as Asked] = asked
    const { keys, ...rest } = options ?? {}
    expect(connection).toMatchObject({ base: 'files' })
    expect(keys?.({} as never)).toBe('order 7')
    expect(init.redirect).toBe('manual')
    expect(rest).toEqual({
      timeoutMs: 25_000,
      priority: 'backfill',
      fallback: { staleMs: 300_000, freshMs: 10_000 },
      maxBodyBytes: 4_500_000,
      withoutEcho: true,
    })
  })

  test.each([
    ['sluice-timeout-ms', '0'],
    ['sluice-timeout-ms', '25001'],
    ['sluice-timeout-ms', '1e3'],
    ['sluice-timeout-ms', '-1'],
    ['sluice-priority', 'refresh'],
    ['sluice-priority', 'toString'],
    ['sluice-base', '../x'],
    ['sluice-base', 'https://evil.example'],
    ['sluice-redirect', 'error'],
    ['sluice-fallback', '86401'],
    ['sluice-fallback', '5;fresh=6'],
    ['sluice-fallback', 'yes'],
    ['sluice-path', 'https://evil.example/'],
    ['sluice-path', '/a b'],
    ['sluice-path', '/a/../b'],
    ['idempotency-key', 'x'.repeat(256)],
  ])('%s: %s is refused with what to write', async (name, value) => {
    const { call, asked } = given()
    const answer = await problem(await call(at('/v1'), { headers: { [name]: value } }))
    expect(answer).toMatchObject({ status: 400, code: 'malformed_call', speaker: 'sluice' })
    expect(answer.detail).toMatch(/must/)
    if (value.length > 2) expect(answer.detail).not.toContain(value)
    expect(asked).toEqual([])
  })

  test.each([
    '/v1/%2e%2e%2fother',
    '/v1/..%2f..%2fother',
    '/v1/%252e%252e/x',
    '/v1/..;/x',
    '/v1/%2e%2e%5cx',
    '/a/.%2fb',
  ])('%s climbs, and is refused', async (path) => {
    const { call, asked } = given()
    expect((await call(at(path))).status).toBe(400)
    expect((await call(at('/-'), { headers: { 'sluice-path': path } })).status).toBe(400)
    expect(asked).toEqual([])
  })

  test.each(['/v1/..x/a..b/...', '/v1/a%2fb', '/v1/a.b', '/v1/%E2%80%A5'])('%s does not', async (path) => {
    const { call, asked } = given()
    expect((await call(at(path))).status).toBe(200)
    expect(asked[0]?.path).toBe(path)
  })

  test('the path that a header says, for gateways that decode the one of the address', async () => {
    const { call, asked } = given()
    await call(at('/-'), { headers: { 'sluice-path': '/projects/a%2Fb//c?x=%20#f' } })
    expect(asked[0]?.path).toBe('/projects/a%2Fb//c?x=%20')
  })

  test('no body beyond the limit, and no method that HTTP clients refuse', async () => {
    const { call, asked, app } = given()
    const large = await call(at('/v1'), { method: 'POST', body: Buffer.alloc(5_000_001) })
    expect(await problem(large)).toMatchObject({ status: 413, code: 'body_too_large' })
    const headers = { authorization: `Bearer ${adminToken}` }
    const odd = await app.request(at('/v1'), { method: 'PROPFIND', headers })
    expect(odd.headers.get('allow')).toContain('PATCH')
    expect(await problem(odd)).toMatchObject({ status: 405 })
    expect(asked).toEqual([])
  })
})

describe('the answer', () => {
  test('has the status, the headers and the bytes of the provider, and says so', async () => {
    const { call } = given(
      () =>
        new Response(Buffer.from([1, 200, 3]), {
          status: 418,
          headers: {
            'content-type': 'image/png',
            etag: '"1"',
            link: '<https://api.stripe.com/v1?page=2>; rel="next"',
            'sluice-attempts': '2',
            'sluice-source': 'live',
          },
        }),
    )
    const response = await call(at('/v1'))
    expect([response.status, [...(await response.bytes())]]).toEqual([418, [1, 200, 3]])
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'image/png',
      etag: '"1"',
      link: '<https://api.stripe.com/v1?page=2>; rel="next"',
      'sluice-attempts': '2',
      'sluice-source': 'live',
      'sluice-answer': 'provider',
      'cache-control': 'no-store',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    })
  })

  test('loses what holds for the way, the packing, or for everything at an origin', async () => {
    const gone = {
      'set-cookie': 'a=1',
      connection: 'x-hop',
      'x-hop': '1',
      'content-length': '7',
      'content-encoding': 'gzip',
      'strict-transport-security': 'max-age=1',
      'clear-site-data': '"*"',
      'alt-svc': 'h3=":443"',
      'access-control-allow-origin': '*',
    }
    const { call } = given(() => new Response('{}', { headers: { ...gone, 'cache-control': 'public' } }))
    const response = await call(at('/v1'))
    for (const name of Object.keys(gone)) expect(response.headers.has(name), name).toBe(false)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('says when to come back where the provider says it in its own words', async () => {
    const { call } = given(() => new Response('{}', { status: 429, headers: { 'sluice-wait-ms': '1200' } }))
    expect((await call(at('/v1'))).headers.get('retry-after')).toBe('2')
  })

  test('goes through the gateway byte for byte, short text as text', async () => {
    const bodies = [Buffer.from([0, 159, 146, 150]), Buffer.from('\ufeffZürich'), Buffer.alloc(600_000, 'a')]
    const encoded: boolean[] = []
    for (const body of bodies) {
      const { app } = given(() => new Response(body, { headers: { 'content-type': 'text/plain' } }))
      const handler = gatewayHandler(app.fetch, bytesResult)
      const headers = { authorization: `Bearer ${adminToken}` }
      const result = await handler(gatewayEvent({ path: at('/v1'), method: 'GET', headers }))
      encoded.push(result.isBase64Encoded === true)
      const bytes = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8')
      expect(bytes.equals(body)).toBe(true)
    }
    expect(encoded).toEqual([true, false, true])
  })

  test('of HEAD has no body', async () => {
    const { call } = given(() => new Response(null, { headers: { etag: '"1"' } }))
    const response = await call(at('/v1'), { method: 'HEAD' })
    expect([response.status, response.headers.get('etag'), response.body]).toEqual([200, '"1"', null])
  })
})

describe('what is no answer of the provider is a problem of ours', () => {
  const api = (facts: { kind: ApiError['kind']; code?: string; retryAfterMs?: number }) =>
    new ApiError({
      provider: 'stripe',
      status: 0,
      kind: facts.kind,
      code: facts.code,
      retryAfterMs: facts.retryAfterMs === undefined ? undefined : ms(facts.retryAfterMs),
    })
  test.each([
    [
      'an open breaker',
      api({ kind: 'held', code: 'breaker_open', retryAfterMs: 4_200 }),
      503,
      'held',
      'breaker_open',
    ],
    ['a limit', api({ kind: 'held', code: 'limited', retryAfterMs: 0 }), 503, 'held', 'limited'],
    ['a lost grant', api({ kind: 'disconnected', code: 'revoked' }), 409, 'disconnected', 'revoked'],
    [
      'a refused key',
      api({ kind: 'disconnected', code: 'key_rejected' }),
      409,
      'disconnected',
      'key_rejected',
    ],
    ['a shared link', api({ kind: 'disconnected', code: 'pending' }), 409, 'disconnected', 'pending'],
    ['no answer', api({ kind: 'unreachable' }), 502, 'unreachable', null],
    ['a deadline', new DeadlineExceeded('late'), 504, 'deadline', null],
    [
      'another origin',
      new SluiceError('ADDRESS_REFUSED', 'the address is not ours'),
      400,
      'address_refused',
      null,
    ],
    [
      'too long an answer',
      new SluiceError('ANSWER_REFUSED', 'the answer is long'),
      502,
      'answer_refused',
      null,
    ],
    ['a silent table', new SluiceError('VAULT_UNAVAILABLE', 'no answer'), 503, 'unavailable', null],
    ['a seal that does not open', new SluiceError('SEAL_BROKEN', 'no'), 409, 'disconnected', 'seal_broken'],
    ['no address', new SluiceError('MISCONFIGURED', 'no address'), 422, 'not_callable', null],
    [
      'a broken answer',
      Object.assign(new Error('aborted'), { code: 'ECONNRESET' }),
      502,
      'unreachable',
      null,
    ],
    ['a mistake', new TypeError('x is not a function'), 500, 'internal', null],
  ])('%s', async (_, error, status, code, cause) => {
    const { call, lines } = failing(error)
    const response = await call(at('/v1'))
    const { headers } = response
    expect(headers.get('sluice-cause')).toBe(cause)
    expect(await problem(response)).toMatchObject({
      status,
      code,
      speaker: 'sluice',
      type: 'application/problem+json',
    })
    expect(headers.has('retry-after')).toBe(status === 503)
    expect(lines.join('')).toEqual(code === 'internal' ? expect.stringContaining('a call failed') : '')
  })

  test('a wait is told in whole seconds, and is never none', async () => {
    const wait = async (retryAfterMs: number) =>
      (await failing(api({ kind: 'held', code: 'limited', retryAfterMs })).call(at('/v1'))).headers.get(
        'retry-after',
      )
    expect([await wait(4_200), await wait(0)]).toEqual(['5', '1'])
  })

  test('a chain that never ends is over before the function is', async () => {
    const { callAndWait, clock } = givenProxy(
      fakeSluice(() => new Promise(() => {})),
      [stripe],
    )
    const start = clock.now()
    expect(await problem(await callAndWait(at('/v1')))).toMatchObject({ status: 504, code: 'deadline' })
    expect(clock.now() - start).toBe(27_000)
  })

  test('a provider can not speak as Sluice, nor Sluice as a provider', async () => {
    const said = { 'content-type': 'application/problem+json', 'sluice-answer': 'sluice' }
    const { call } = given(() => new Response('{"code":"disconnected"}', { status: 409, headers: said }))
    expect((await call(at('/v1'))).headers.get('sluice-answer')).toBe('provider')
    expect((await call('/proxy')).headers.get('sluice-answer')).toBe('sluice')
  })
})

test.each(['pending', 'needs_reauth', 'deleted'] as const)(
  'a connection that is %s is called by at no time, whatever is in memory',
  async (state) => {
    const { call } = givenProxy(
      fakeSluice(async () => new Response('{}')),
      [connectionOf('stripe', 'acme', state)],
    )
    const response = await call(at('/v1'), { headers: { 'sluice-fallback': '60' } })
    expect(response.headers.get('sluice-cause')).toBe(state)
    expect(await problem(response)).toMatchObject({ status: 409, code: 'disconnected' })
  },
)

test('a call is one line in the log, without its path and its answer', async () => {
  const { call, lines } = given(() => new Response('personal', { headers: { 'sluice-attempts': '2' } }))
  await call(at('/v1/customers/jane?email=jane@example.com'))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    tenant: 'acme',
    provider: 'stripe',
    status: 200,
    attempts: 2,
  })
  expect(lines[0]).not.toMatch(/jane|personal/)
})

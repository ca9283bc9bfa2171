import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesResult } from '#lib/http/gateway-bytes.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import type { CredentialsOutcome } from '#lib/oauth/credentials.ts'
import { Secret } from '#lib/primitives/secret.ts'
import {
  adminToken,
  connectionOf,
  givenProxy,
  realSluice,
  secretKey,
  sender,
  type RealParts,
} from '#test/fakes/given-proxy.ts'
import { network } from '#test/fakes/given-call.ts'
import { gatewayEvent } from '#test/fakes/given-webhook.ts'

const stripe = connectionOf('stripe')
const at = (path: string, { id } = stripe): string => `/proxy/${id}${path}`
const json = { 'content-type': 'application/json' }

function given(answers: readonly (Response | Error)[], parts: Partial<RealParts> = {}) {
  const send = sender(...answers)
  const connections = ['stripe', 'github', 'twilio', 'paypal', 'slack'].flatMap((provider) =>
    ['acme', 'globex'].map((tenant) => connectionOf(provider, tenant)),
  )
  return { sent: send.sent, ...givenProxy(realSluice({ send, ...parts }), connections) }
}

describe('the chain', () => {
  test("calls the provider's own API with the connection's credentials", async () => {
    const { call, sent } = given([new Response('{"id":1}', { headers: json })])
    const response = await call(at('/v1/charges?limit=1'))
    expect(await response.json()).toEqual({ id: 1 })
    expect(response.headers.get('sluice-attempts')).toBe('1')
    expect(sent[0]?.url.href).toBe('https://api.stripe.com/v1/charges?limit=1')
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${secretKey}`)
  })

  test("tries again what failed, and hands over the provider's last word", async () => {
    const { callAndWait } = given([
      network('ECONNREFUSED'),
      new Response('{}', { status: 503, headers: json }),
    ])
    const response = await callAndWait(at('/v1/charges'))
    expect([response.status, response.headers.get('sluice-attempts')]).toEqual([503, '3'])
    expect(response.headers.get('sluice-answer')).toBe('provider')
  })

  test("puts the caller's key where the provider looks for it, and repeats a POST under it", async () => {
    const unheard = [
      new Response('{}', { status: 500, headers: json }),
      new Response('{}', { headers: json }),
    ]
    const keyed = given(unheard)
    const headers = { 'idempotency-key': 'order-7' }
    const init = { method: 'POST', body: 'a=1', headers }
    expect((await keyed.callAndWait(at('/v1/charges'), init)).status).toBe(200)
    expect(keyed.sent.map((request) => request.headers.get('idempotency-key'))).toEqual([
      'order-7',
      'order-7',
    ])

    const paypal = connectionOf('paypal')
    const other = given([new Response('{}', { headers: json })], { environment: {} })
    await other.callAndWait(at('/v2/checkout/orders', paypal), init)
    expect(other.sent[0]?.headers.get('paypal-request-id')).toBe('order-7')
    expect(other.sent[0]?.headers.has('idempotency-key')).toBe(false)

    const keyless = given(unheard)
    expect((await keyless.callAndWait(at('/v1/charges'), { method: 'POST', body: 'a=1' })).status).toBe(500)
    expect(keyless.sent).toHaveLength(1)
  })

  test('two long keys that begin alike stay two where the provider takes short ones', async () => {
    const { callAndWait, sent } = given([new Response('{}', { headers: json })])
    for (const end of ['a', 'b'])
      await callAndWait(at('/v2/checkout/orders', connectionOf('paypal')), {
        method: 'POST',
        headers: { 'idempotency-key': `${'x'.repeat(200)}${end}` },
      })
    const keys = sent.map((request) => request.headers.get('paypal-request-id'))
    expect(new Set(keys).size).toBe(2)
  })

  test('an unknown base is a mistake that is told', async () => {
    const { call, sent } = given([])
    const response = await call(at('/v1'), { headers: { 'sluice-base': 'moon' } })
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'not_callable' }])
    expect(sent).toEqual([])
  })

  test('a connection that needs its user is 409 with its cause', async () => {
    const outcome = (): CredentialsOutcome => ({ kind: 'needs_reauth', cause: 'hard_expiry' })
    const { call, sent } = given([], { outcome })
    const response = await call(at('/v1'))
    expect([response.status, response.headers.get('sluice-cause')]).toEqual([409, 'hard_expiry'])
    expect(((await response.json()) as { detail: string }).detail).toContain('/api/connect-links')
    expect(sent).toEqual([])
  })

  test('a redirect is followed without credentials beyond the origin, and handed over where asked', async () => {
    const away = new Response(null, { status: 302, headers: { location: 'https://files.example/x' } })
    const { call, sent } = given([away, new Response('file')])
    expect(await (await call(at('/v1/file'))).text()).toBe('file')
    expect(sent[1]?.url.href).toBe('https://files.example/x')
    expect(sent[1]?.headers.has('authorization')).toBe(false)
    const other = given([away])
    const kept = await other.call(at('/v1/file'), { headers: { 'sluice-redirect': 'manual' } })
    expect([kept.status, kept.headers.get('location'), other.sent.length]).toEqual([
      302,
      'https://files.example/x',
      1,
    ])
  })
})

describe('B125: an answer that repeats the credential of its call', () => {
  const basic = Buffer.from('AC123:auth-token-of-twilio').toString('base64')
  test.each([
    ['the header', { authorization: `Bearer ${secretKey}` }, secretKey],
    ['a part of it', { authorization: `Bearer ${secretKey}` }, `token is ${secretKey}!`],
    ['base64 of it', { authorization: `Bearer ${secretKey}` }, Buffer.from(secretKey).toString('base64')],
    ['a key of its own header', { 'x-api-key': 'a/key+of=its own' }, 'x=a%2Fkey%2Bof%3Dits%20own'],
    ['Basic', { authorization: `Basic ${basic}` }, basic],
    ['the password of Basic', { authorization: `Basic ${basic}` }, 'pw: auth-token-of-twilio'],
  ])('is masked: %s', async (_, credentials, text) => {
    const headers = Object.fromEntries(
      Object.entries(credentials).map(([name, value]) => [name, new Secret(value)]),
    )
    const body = Buffer.concat([Buffer.from([0, 255]), Buffer.from(`"${text}" and ${text}`)])
    const { call } = given([new Response(body, { headers: { 'x-echo': text } })], {
      credentials: { headers, query: {} },
    })
    const response = await call(at('/v1/echo'))
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('sluice-masked')).toBe('credentials')
    expect(response.headers.get('x-echo')).toMatch(/\*{8,}/)
    expect(bytes.byteLength).toBe(body.byteLength)
    expect([bytes[0], bytes[1]]).toEqual([0, 255])
    const told = `${bytes.toString('latin1')}${[...response.headers].join()}`
    for (const value of Object.values(credentials)) {
      const plain = value.replace(/^\w+ /, '')
      expect(told).not.toContain(plain)
      expect(told).not.toContain(encodeURIComponent(plain))
      expect(told).not.toContain(Buffer.from(plain).toString('base64'))
    }
    expect(told).not.toContain('auth-token-of-twilio')
  })

  test('in a failure too; and one that repeats nothing is not touched', async () => {
    const failed = new Response(`{"error":{"message":"Invalid API Key ${secretKey}"}}`, {
      status: 400,
      headers: json,
    })
    const { call } = given([failed])
    expect(await (await call(at('/v1'))).text()).toBe(
      `{"error":{"message":"Invalid API Key ${'*'.repeat(secretKey.length)}"}}`,
    )
    const other = given([new Response('{"scheme":"Bearer"}', { headers: json })])
    const response = await other.call(at('/v1'))
    expect([await response.text(), response.headers.has('sluice-masked')]).toEqual([
      '{"scheme":"Bearer"}',
      false,
    ])
  })
})

describe('the last good answer', () => {
  const good = (text = 'one'): Response => new Response(text, { headers: { ...json, etag: `"${text}"` } })
  const bad = new Response('{}', { status: 503, headers: json })
  const fallback = { headers: { 'sluice-fallback': '60;fresh=5' } }
  const seen = async (response: Response) => [
    response.status,
    await response.text(),
    response.headers.get('sluice-source'),
    response.headers.get('age'),
  ]

  test('is given unasked while it is fresh, and instead of a failure while it is not too old', async () => {
    const { callAndWait, clock, sent } = given([good(), bad])
    expect(await seen(await callAndWait(at('/v1'), fallback))).toEqual([200, 'one', 'live', null])
    await clock.advance(4_000)
    expect(await seen(await callAndWait(at('/v1'), fallback))).toEqual([200, 'one', 'cache', '4'])
    expect(sent).toHaveLength(1)
    await clock.advance(16_000)
    const stale = await callAndWait(at('/v1'), fallback)
    expect(stale.headers.get('sluice-answer')).toBe('provider')
    expect(await seen(stale)).toMatchObject([200, 'one', 'stale', expect.stringMatching(/^2\d$/)])
    expect(sent.length).toBeGreaterThan(1)
    await clock.advance(60_000)
    expect((await callAndWait(at('/v1'), fallback)).status).toBe(503)
  })

  test('is given to nobody who has not asked for it', async () => {
    const { callAndWait } = given([good(), bad])
    await callAndWait(at('/v1'), fallback)
    expect((await callAndWait(at('/v1'))).status).toBe(503)
  })

  test('stands in for no other address, header, connection or tenant, and for no part', async () => {
    const { callAndWait } = given([good(), bad])
    await callAndWait(at('/v1?a=1'), fallback)
    const others: [string, Record<string, string>][] = [
      [at('/v1?a=2'), {}],
      [at('/v1?a=1'), { accept: 'text/csv' }],
      [at('/v1?a=1'), { 'stripe-account': 'acct_2' }],
      [at('/v1?a=1'), { range: 'bytes=0-1' }],
      [at('/v1?a=1'), { 'if-none-match': '"one"' }],
      [at('/v1?a=1', connectionOf('stripe', 'globex')), {}],
    ]
    for (const [path, headers] of others)
      expect((await callAndWait(path, { headers: { ...fallback.headers, ...headers } })).status, path).toBe(
        503,
      )
    expect((await callAndWait(at('/v1?a=1'), { ...fallback, method: 'DELETE' })).status).toBe(503)
    expect((await callAndWait(at('/v1?a=1'), fallback)).status).toBe(200)
  })

  test('covers no answer: a 404 is one, and a lost grant ends it', async () => {
    let outcome: CredentialsOutcome | undefined
    const missing = new Response('{}', { status: 404, headers: json })
    const { callAndWait, clock } = given([good(), missing], {
      ...({ outcome: () => outcome } as Partial<RealParts>),
    })
    await callAndWait(at('/v1'), fallback)
    await clock.advance(10_000)
    expect((await callAndWait(at('/v1'), fallback)).status).toBe(404)
    outcome = { kind: 'needs_reauth', cause: 'revoked' }
    expect((await callAndWait(at('/v1'), fallback)).status).toBe(409)
  })

  test('is not what says failure in a 200', async () => {
    const refused = new Response('{"ok":false,"error":"channel_not_found"}', { headers: json })
    const { callAndWait } = given([refused, bad])
    const slack = connectionOf('slack')
    expect((await callAndWait(at('/conversations.info', slack), fallback)).headers.get('sluice-source')).toBe(
      'live',
    )
    expect((await callAndWait(at('/conversations.info', slack), fallback)).status).toBe(503)
  })

  test('is kept without the credential that it repeated, and not where it is long', async () => {
    const { callAndWait } = given([good(secretKey), bad])
    await callAndWait(at('/v1'), fallback)
    expect(await (await callAndWait(at('/v1'), fallback)).text()).not.toContain(secretKey)
    const long = given([good('x'.repeat(262_145)), bad])
    expect(await (await long.callAndWait(at('/v1'), fallback)).text()).toHaveLength(262_145)
    expect((await long.callAndWait(at('/v1'), fallback)).status).toBe(503)
  })
})

const nasty = fc.constantFrom(
  '..',
  '.',
  '%2e%2e',
  '%2E.',
  '%252e',
  '%2f',
  '/',
  '//',
  '\\',
  '%5c',
  '@evil.example',
  '?',
  '#',
  ';',
  ':',
  '&',
  'https://evil.example',
  '//evil.example',
  '%00',
  '%0d%0a',
  '%',
  '\u0000',
  '\r\n',
  ' ',
  'é',
  '%ff',
  '[::1]',
  'v1',
)
const path = fc.oneof(
  fc.array(nasty, { maxLength: 6 }).map((parts) => `/${parts.join('')}`),
  fc.webPath(),
  fc.string(),
)
const headerName = fc.constantFrom(
  'host',
  'authorization',
  'x-forwarded-host',
  'connection',
  'sluice-path',
  'sluice-base',
  'sluice-timeout-ms',
  'sluice-fallback',
  'sluice-redirect',
  'idempotency-key',
  'content-type',
  'location',
  'accept',
  ':path',
  'x y',
)
const headerValue = fc.oneof(
  path,
  fc.constantFrom('follow', 'manual', '5', '60;fresh=5', 'files', 'evil.example'),
)
const method = fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'X')

test('5,000 odd requests: nothing leaves to another origin, and what is ours is a problem document', async () => {
  const origins = new Set(['https://api.stripe.com', 'https://files.stripe.com'])
  const { app, sent } = given([new Response('{}', { headers: json })])
  const handler = gatewayHandler(app.fetch, bytesResult)
  const counts = { left: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        path,
        query: path,
        method,
        headers: fc.dictionary(headerName, headerValue, { maxKeys: 4 }),
      }),
      fc.boolean(),
      async (request, encoded) => {
        sent.length = 0
        const headers = { ...request.headers, authorization: `Bearer ${adminToken}` }
        const event = gatewayEvent({
          ...request,
          path: at(request.path),
          query: request.query.slice(1),
          headers,
        })
        const result = await handler(encoded ? { ...event, body: 'YWJj', isBase64Encoded: true } : event)
        for (const { url, headers: left } of sent) {
          expect(origins).toContain(url.origin)
          expect(url.username + url.password).toBe('')
          expect(left.get('authorization')).toBe(`Bearer ${secretKey}`)
          expect(
            [...left.keys()].filter((name) => /^(sluice-|x-forwarded|x-amzn|cookie|host)/.test(name)),
          ).toEqual([])
          expect(
            url.pathname.split(/[/\\]|%2f|%5c/i).filter((part) => /^(\.|%2e){1,2}$/i.test(part)),
          ).toEqual([])
        }
        const speaker = result.headers?.['sluice-answer']
        if (speaker === 'provider') counts.left += 1
        else {
          counts.refused += 1
          expect(sent).toEqual([])
          expect(result.statusCode).toBeLessThan(500)
          expect(result.headers?.['content-type']).toBe('application/problem+json')
          if (request.method !== 'HEAD')
            expect(JSON.parse(result.body ?? '')).toMatchObject({ status: result.statusCode })
        }
      },
    ),
    { numRuns: 5_000, seed: 7 },
  )
  expect(Math.min(counts.left, counts.refused)).toBeGreaterThan(200)
}, 60_000)

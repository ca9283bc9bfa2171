import twilio from 'twilio'
import { describe, expect, test } from 'vitest'
import { hmacSchemeOf } from '#test/fakes/hmac-scheme.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { verifyHmac } from '#lib/webhooks/schemes/hmac-verify.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { expectBadSignature, expectRefusal } from '#test/fakes/refusal.ts'

const token = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://hooks.example.com'
const path = '/webhooks/twilio'
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
const { getExpectedTwilioSignature, validateRequest } = twilio

interface Sent {
  readonly body?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signature?: string
  readonly publicUrl?: string
}

function send({ body = '', query = '', headers = form, signature = '', ...more }: Sent) {
  const given = givenWebhook({
    endpoints: [endpointOf('twilio', { publicUrl, ...more })],
    secrets: { twilio: [token] },
  })
  const event = gatewayEvent({
    path,
    query,
    headers: { ...headers, 'x-twilio-signature': signature },
    body: new TextEncoder().encode(body),
  })
  return given.send(event).then((result) => ({ given, result }))
}

const params = {
  MessageSid: 'SM1',
  MessageStatus: 'delivered',
  AccountSid: 'AC1',
  To: '+15551234567',
  body: 'a b',
}
const body = new URLSearchParams(params).toString()
const sign = (url: string, values: Record<string, unknown> = params) =>
  getExpectedTwilioSignature(token, url, values)

describe('Twilio', () => {
  test('signs its address and its fields; the key is what happened to which message', async () => {
    const { given, result } = await send({ body, signature: sign(publicUrl + path) })
    expect(result.statusCode).toBe(204)
    expect(given.queued()[0]).toMatchObject({ deliveryKey: 'SM1|delivered', type: 'delivered' })
  })

  test.each([
    ['with its port', `https://hooks.example.com:443${path}`, ''],
    ['with a query', `${publicUrl}${path}?foo=1&bar=2`, 'foo=1&bar=2'],
    ['with a query encoded again', `${publicUrl}${path}?name=it%27s`, "name=it's"],
    ['with a port of its own', `https://hooks.example.com:8443${path}`, ''],
  ])('signs its address %s', async (name, url, query) => {
    const own = name.endsWith('of its own') ? { publicUrl: 'https://hooks.example.com:8443' } : {}
    const { result } = await send({ body, query, signature: sign(url), ...own })
    expect(validateRequest(token, sign(url), url, params)).toBe(true)
    expect(result.statusCode).toBe(204)
  })

  test('repeated fields are signed once per value, sorted', async () => {
    const repeated = { b: ['2', '1', '2'], a: 'x', B: 'y' }
    const text = 'b=2&b=1&b=2&a=x&B=y'
    const { result } = await send({ body: text, signature: sign(publicUrl + path, repeated) })
    expect(result.statusCode).toBe(204)
  })

  test('a JSON body is signed by its hash in the query', async () => {
    const json = '{"CallSid":"CA1"}'
    const query = `bodySHA256=${twilio.getExpectedBodyHash(json)}`
    const headers = { 'content-type': 'application/json' }
    const signature = sign(`${publicUrl}${path}?${query}`, {})
    expect((await send({ body: json, query, headers, signature })).result.statusCode).toBe(204)
    const changed = await send({ body: `${json} `, query, headers, signature })
    expectBadSignature(changed.given, changed.result, 'twilio')
    // Without the hash nothing covers the body.
    const bare = await send({ body: json, headers, signature: sign(publicUrl + path, {}) })
    expectBadSignature(bare.given, bare.result, 'twilio')
  })

  test.each([
    ['another host', { signature: sign(`https://evil.example${path}`) }],
    ['another path', { signature: sign(`${publicUrl}/webhooks/other`) }],
    ['another query', { signature: sign(publicUrl + path), query: 'a=1' }],
    ['another field', { signature: sign(publicUrl + path), body: `${body}&x=1` }],
    ['another token', { signature: getExpectedTwilioSignature('guess', publicUrl + path, params) }],
    ['no signature', { signature: '' }],
    ['SHA-256', { signature: 'x'.repeat(43) + '=' }],
  ])('%s is refused', async (_name, change) => {
    const { given, result } = await send({ body, ...change })
    expectBadSignature(given, result, 'twilio')
  })

  test('an address that nobody has said is 503, whatever the request says of its host', async () => {
    const given = givenWebhook({ endpoints: [endpointOf('twilio')], secrets: { twilio: [token] } })
    const headers = { ...form, host: 'hooks.example.com', 'x-twilio-signature': sign(publicUrl + path) }
    const result = await given.send(gatewayEvent({ path, headers, body: new TextEncoder().encode(body) }))
    expectRefusal(given, result, 503, 'endpoint_misconfigured')
  })
})

test('the config asks for the address, and names the secret as Twilio does', () => {
  expect(() => parseConfig({ endpoints: [{ provider: 'twilio' }] })).toThrow(/publicUrl.*is needed/s)
  const { endpoints } = parseConfig({ endpoints: [{ provider: 'twilio', publicUrl }] })
  expect(endpoints).toMatchObject([{ publicUrl, secretName: 'TWILIO_AUTH_TOKEN' }])
})

test('a known signature holds: names are sorted by their code units, capitals first', () => {
  const delivery = {
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    header: (name: string) => known[name],
    body: new TextEncoder().encode('b=2&B=1&a=%C3%A9%20%F0%9F%91%8B&_z='),
  }
  const check = (secret: string) =>
    verifyHmac(twilioScheme, delivery, [new Secret(secret)], epochMs(1_780_000_000_000))
  expect(check('12345')).toEqual({ kind: 'valid' })
  expect(check('12346')).toEqual({ kind: 'refused', reason: 'signature_mismatch' })
})

const known: Readonly<Record<string, string>> = {
  'x-twilio-signature': 'd1PtubkFY+9BGBcCfmoTXRVs2Yg=',
  'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
}
const twilioScheme = hmacSchemeOf('twilio')

import { expect, test } from 'vitest'
import { toSeconds } from '#lib/primitives/clock.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { expectRefusal } from '#test/fakes/refusal.ts'
import { hmacSigner, stripeSigner } from '#test/fakes/signers.ts'

const body = new TextEncoder().encode(stripeSigner.body)
const givenStripe = () =>
  givenWebhook({ endpoints: [endpointOf('stripe')], secrets: { stripe: [stripeSigner.secret] } })

const signed = (given: ReturnType<typeof givenStripe>) =>
  stripeSigner.sign(body, stripeSigner.secret, toSeconds(given.clock.now()))

const unknown = [
  '/webhooks/__proto__',
  '/webhooks/constructor',
  '/webhooks/toString',
  '/webhooks/hasOwnProperty',
  '/webhooks/stripe/__proto__',
  '/webhooks/github',
  '/webhooks/stripe/other',
  '/webhooks/%2e%2e%2fstripe',
  '/webhooks/../webhooks/stripe',
  '/webhooks/x/%2e%2e/stripe',
  '/webhooks/stripe%00',
  '/webhooks/str\u0456pe',
  `/webhooks/${'x'.repeat(4_096)}`,
  '//webhooks//stripe',
  '/webhooks//stripe',
  '/webhooks%2Fstripe',
  '/webhooks/stripe/',
  '/webhooks/stripe/stripe/stripe',
  '/webhooks',
  '/',
]
test.each(unknown)('B014, B015, B045: nothing is at %.60s', async (path) => {
  const given = givenStripe()
  const result = await given.send(gatewayEvent({ path, headers: await signed(given), body }))
  expectRefusal(given, result, 404, 'not_found')
})

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('B042: %s is not a webhook', async (method) => {
  const given = givenStripe()
  const result = await given.send(gatewayEvent({ path: '/webhooks/stripe', method, body }))
  expectRefusal(given, result, 405, 'method_not_allowed')
  expect(result.headers?.['allow']).toBe('POST')
})

test('B042: a method override header overrides nothing', async () => {
  const given = givenStripe()
  const headers = { ...(await signed(given)), 'x-http-method-override': 'DELETE' }
  expect((await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))).statusCode).toBe(202)
})

test('B026: a body that the gateway marks as base64 is decoded and verified', async () => {
  const given = givenStripe()
  const event = gatewayEvent({ path: '/webhooks/stripe', headers: await signed(given), body })
  expect(event.isBase64Encoded).toBe(true)
  expect((await given.send(event)).statusCode).toBe(202)
})

test('B026: the same body as text is verified as UTF-8', async () => {
  const given = givenStripe()
  const event = gatewayEvent({
    path: '/webhooks/stripe',
    headers: await signed(given),
    body: stripeSigner.body,
  })
  expect(event.isBase64Encoded).toBe(false)
  expect((await given.send(event)).statusCode).toBe(202)
})

test.each(['not base64!', 'YQ', 'YQ=', 'Y Q==', 'YQ==\n', 'YR=='])(
  'B026: %j marked as base64 is 400',
  async (text) => {
    const given = givenStripe()
    const event = gatewayEvent({ path: '/webhooks/stripe', body: text, isBase64Encoded: true })
    expectRefusal(given, await given.send(event), 400, 'malformed_request')
  },
)

test.each([
  ['a line feed in a value', { 'x-a': 'b\r\nset-cookie: c=d' }],
  ['a NUL in a value', { 'x-a': 'b\u0000' }],
  ['a space in a name', { 'x a': 'b' }],
])('B041: a header with %s is 400', async (_name, headers) => {
  const given = givenStripe()
  const event = gatewayEvent({ path: '/webhooks/stripe', headers, body })
  expectRefusal(given, await given.send(event), 400, 'malformed_request')
})

test('B041: two hundred headers and an 8 KB cookie change nothing', async () => {
  const given = givenStripe()
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'v']))
  const headers = { ...many, cookie: 'c'.repeat(8_192), ...(await signed(given)) }
  expect((await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))).statusCode).toBe(202)
})

test('B034: a content length that lies is not asked', async () => {
  const given = givenStripe()
  const headers = { ...(await signed(given)), 'content-length': '1', 'transfer-encoding': 'chunked' }
  expect((await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))).statusCode).toBe(202)
  expect(given.queued()).toHaveLength(1)
})

test('B044: a forged X-Forwarded-For or Host opens nothing and is kept nowhere', async () => {
  const given = givenStripe()
  const headers = { 'x-forwarded-for': '127.0.0.1', host: 'localhost' }
  const result = await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))
  expectRefusal(given, result, 401, 'invalid_signature')
})

test('a second endpoint of a provider has its own address and secret', async () => {
  const given = givenWebhook({
    endpoints: [endpointOf('hmac'), endpointOf('hmac', { id: 'shop', tenant: 'acme' })],
    secrets: { hmac: ['one'], shop: ['two'] },
  })
  const shop = new TextEncoder().encode(hmacSigner.body)
  const headers = await hmacSigner.sign(shop, 'two', 0)
  const right = await given.send(gatewayEvent({ path: '/webhooks/hmac/shop', headers, body: shop }))
  expect(right.statusCode).toBe(202)
  expect(given.queued()[0]).toMatchObject({ endpoint: 'shop', tenant: 'acme' })
  const wrong = await given.send(gatewayEvent({ path: '/webhooks/hmac', headers, body: shop }))
  expect(wrong.statusCode).toBe(401)
})

test("the answer is the event's id, and the trace goes on", async () => {
  const given = givenStripe()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = { ...(await signed(given)), traceparent }
  const result = await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))
  const [envelope] = given.queued()
  expect(JSON.parse(result.body ?? '')).toEqual({ id: envelope?.id, status: 'accepted' })
  expect(envelope?.traceparent).toBe(traceparent)
})

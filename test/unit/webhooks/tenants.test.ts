import { expect, test } from 'vitest'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'

const shared = endpointOf('google-drive', { tenants: { 'channel-a': 'acme', 'channel-g': 'globex' } })

/** The envelope of a notification for `channel`, and the answer's status. */
async function delivered(channel: string | undefined, { endpoint = shared, bytes = 2 } = {}) {
  const { send, queued } = givenWebhook({ endpoints: [endpoint], secrets: { 'google-drive': ['token'] } })
  const headers = {
    'x-goog-channel-token': 'token',
    'x-goog-channel-id': channel,
    'x-goog-message-number': '7',
    'x-goog-resource-state': 'change',
    'x-goog-resource-id': 'resource',
  }
  const body = new TextEncoder().encode('x'.repeat(bytes))
  await send(gatewayEvent({ path: '/webhooks/google-drive', headers, body }))
  return queued()[0]
}

test('an event belongs to the tenant that the endpoint names for its account', async () => {
  expect((await delivered('channel-a'))?.tenant).toBe('acme')
  expect((await delivered('channel-g'))?.tenant).toBe('globex')
})

test.each(['channel-x', undefined, 'constructor', '__proto__', 'toString'])(
  'account %s, which the endpoint does not name, is its own tenant',
  async (channel) => {
    expect((await delivered(channel))?.tenant).toBe('default')
  },
)

test('an endpoint that names no accounts keeps every event', async () => {
  expect((await delivered('channel-a', { endpoint: endpointOf('google-drive') }))?.tenant).toBe('default')
})

test('the same delivery of two tenants is two events', async () => {
  const one = endpointOf('google-drive', { tenants: { c: 'acme' } })
  const other = endpointOf('google-drive', { tenants: { c: 'globex' } })

  expect((await delivered('c', { endpoint: one }))?.id).not.toBe(
    (await delivered('c', { endpoint: other }))?.id,
  )
})

test('a large body is kept among the objects of the tenant that it belongs to', async () => {
  const envelope = await delivered('channel-a', { bytes: 2_000_000 })

  expect(envelope?.body).toMatchObject({ key: expect.stringMatching(/^bodies\/acme\//) as unknown })
})

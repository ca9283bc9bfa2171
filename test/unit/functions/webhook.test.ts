import { noPostback } from '#lib/webhooks/postback.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { expect, test } from 'vitest'
import { webhookApp } from '#functions/webhook/app.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { formatLine, type Log } from '#lib/telemetry/log.ts'
import { directoryOf } from '#lib/webhooks/directory.ts'
import { endpointOf, gatewayEvent } from '#test/fakes/given-webhook.ts'
import { hmacSigner } from '#test/fakes/signers.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const noObjects = {
  put: () => Promise.reject(new Error('no bucket')),
  get: () => Promise.reject(new Error('no bucket')),
  delete: () => Promise.reject(new Error('no bucket')),
  list: () => Promise.reject(new Error('no bucket')),
}

test('a fault of our own is 500 that says nothing of it, and one line that does', async () => {
  const lines: string[] = []
  const log: Log = (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-'))
  const app = webhookApp({
    clock: virtualClock(),
    random: seededRandom(1),
    log,
    refusals: log,
    metrics: { count: () => {}, measure: () => {} },
    directory: directoryOf([endpointOf('hmac')]),
    declaration: (provider) => findProvider(provider)?.webhooks,
    site: noSite,
    postback: noPostback,
    roots: () => [],
    secrets: { of: () => Promise.reject(new TypeError('a bug with detail')) },
    buffer: sqsBuffer({ client: { send: () => Promise.resolve({}) } as never, queueUrl: 'q' }),
    objects: noObjects,
  })
  const result = await gatewayHandler(app.fetch)(gatewayEvent({ path: '/webhooks/hmac', body: 'x' }))
  expect(result.statusCode).toBe(500)
  expect(JSON.parse(result.body ?? '')).toMatchObject({ code: 'internal', requestId: 'request-1' })
  expect(result.body).not.toContain('bug')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', error: 'TypeError: a bug with detail' })
})

test('no line holds a secret, a body or a header, whatever goes wrong', async () => {
  const lines: string[] = []
  const log: Log = (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-'))
  const clock = virtualClock()
  const app = webhookApp({
    clock,
    random: seededRandom(1),
    log,
    refusals: log,
    metrics: { count: () => {}, measure: () => {} },
    directory: directoryOf([endpointOf('hmac')]),
    declaration: (provider) => findProvider(provider)?.webhooks,
    site: noSite,
    postback: noPostback,
    roots: () => [],
    secrets: { of: async () => ({ kind: 'loaded', secrets: [new Secret('hunter2-secret')] }) },
    buffer: {
      send: () => Promise.reject(new Error('queue down')),
      sendText: () => Promise.reject(new Error('queue down')),
    },
    objects: noObjects,
  })
  const handler = gatewayHandler(app.fetch)
  const body = new TextEncoder().encode('{"card":"4242424242424242"}')
  const signed = await hmacSigner.sign(body, 'hunter2-secret', 0)
  const wrong = { ...signed, 'x-signature': 'f'.repeat(64) }
  for (const headers of [signed, wrong]) {
    await handler(gatewayEvent({ path: '/webhooks/hmac', headers, body }))
  }
  expect(lines.length).toBeGreaterThan(2)
  const everything = lines.join('\n')
  for (const kept of ['hunter2', '4242', signed['x-signature'] ?? '', 'ffff']) {
    expect(everything).not.toContain(kept)
  }
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { keepEnvelope, keepMessage, openKept } from '#lib/buffer/kept.ts'
import { epochMs } from '#lib/primitives/clock.ts'

const withBody = (body: Envelope['body']): Envelope => ({
  v: 1,
  id: eventId('acme', 'hmac', 'key'),
  tenant: 'acme',
  provider: 'hmac',
  endpoint: 'hmac',
  via: 'webhook',
  deliveryKey: 'key',
  type: 'unknown',
  receivedAt: epochMs(1),
  headers: { a: 'line\nfeed' },
  body,
})

test('an envelope comes back with its bytes, small and large', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.alloc(20_000, bytes)),
  )
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const envelope = withBody(inlineBody(bytes))
      expect(openKept(keepEnvelope(envelope))).toEqual({ kind: 'event', envelope })
    }),
  )
})

test('a stored body is kept as its pointer', () => {
  const envelope = withBody({ key: 'bodies/acme/abc', sha256: 'a'.repeat(64), bytes: 9 })
  expect(openKept(keepEnvelope(envelope))).toEqual({ kind: 'event', envelope })
})

test.each(['', 'not an envelope', 'two\nlines', 'x'.repeat(100_000)])(
  'B126: a message that is no envelope keeps its text: %.20j',
  (text) => {
    expect(openKept(keepMessage(text))).toEqual({ kind: 'message', text })
  },
)

test('much text takes little room', () => {
  expect(keepMessage('x'.repeat(100_000)).byteLength).toBeLessThan(2_000)
})

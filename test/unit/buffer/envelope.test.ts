import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeEnvelope,
  encodeEnvelope,
  eventId,
  inlineBody,
  inlineBytes,
  type Envelope,
} from '#lib/buffer/envelope.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { epochMs } from '#lib/primitives/clock.ts'

const envelope: Envelope = {
  v: 1,
  id: eventId('acme', 'stripe', 'evt_1'),
  tenant: 'acme',
  provider: 'stripe',
  endpoint: 'stripe',
  via: 'webhook',
  deliveryKey: 'evt_1',
  type: 'charge.succeeded',
  receivedAt: epochMs(1_780_000_000_000),
  headers: {},
  body: inlineBody(new TextEncoder().encode('{}')),
}

const codeOf = (task: () => unknown): string => {
  try {
    task()
  } catch (error) {
    if (error instanceof SluiceError) return error.code
    throw error
  }
  return 'nothing was thrown'
}
const decodeCode = (message: string): string => codeOf(() => decodeEnvelope(message))
const changed = (change: object): string => JSON.stringify({ ...envelope, ...change })

test('M11: any bytes come out of the message as they went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const decoded = decodeEnvelope(encodeEnvelope({ ...envelope, body: inlineBody(bytes) }))
      if ('key' in decoded.body) throw new Error('the body was inline')
      expect(inlineBytes(decoded.body).equals(Buffer.from(bytes))).toBe(true)
    }),
  )
})

test('B029: whatever text the facts hold, the message is text that SQS takes', () => {
  const unit = fc.oneof(
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\ufffe', '\uffff', '\ufffd', '\u0000', '\u007f', '\ud800', '\udc00', '\u{1f600}'),
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
      const message = encodeEnvelope({ ...envelope, deliveryKey: text, type: text })
      expect(Array.from(message).every(isTakenBySqs)).toBe(true)
      expect(decodeEnvelope(message).type).toBe(text)
    }),
  )
})

/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF */
function isTakenBySqs(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000
}

describe('the id of an event', () => {
  test('M12, M13: differs whenever tenant, endpoint or key differ, however they are cut', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '#', ':', '1', '\u0000'), maxLength: 4 })
    const triple = fc.tuple(part, part, part)
    fc.assert(
      fc.property(triple, triple, (a, b) => {
        const sameParts = a.every((text, i) => text === b[i])
        expect(eventId(...a) === eventId(...b)).toBe(sameParts)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is evt_ and 32 characters that need no escaping', () => {
    expect(eventId('acme', 'stripe', 'evt_1')).toMatch(/^evt_[A-Za-z0-9_-]{32}$/)
  })
})

describe('B126: a message that is no envelope of this version', () => {
  test.each([
    ['text', 'hello'],
    ['broken JSON', '{"v":1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another version', changed({ v: 2 })],
    ['no version', changed({ v: undefined })],
    ['no tenant', changed({ tenant: undefined })],
    ['a tenant that is a path', changed({ tenant: '../other' })],
    ['a field of another program', changed({ other: 1 })],
    ['an id of another form', changed({ id: 'evt_1' })],
    ['a body that is text', changed({ body: 'text' })],
    ['a body without its hash', changed({ body: { base64: '' } })],
    ['a time that is text', changed({ receivedAt: '2026-01-01' })],
  ])('is refused: %s', (_name, message) => {
    expect(decodeCode(message)).toBe('BAD_ENVELOPE')
  })

  test.each([
    ['damaged base64', { base64: '!!!!', sha256: sha256Hex('{}') }],
    ['another hash', { base64: 'e30=', sha256: sha256Hex('[]') }],
  ])('whose bytes are not the ones that were accepted is corrupt: %s', (_name, body) => {
    expect(codeOf(() => inlineBytes(body))).toBe('PAYLOAD_CORRUPT')
  })
})

describe('B127: a pointer', () => {
  const pointingTo = (key: string): string => changed({ body: { key, sha256: sha256Hex('{}'), bytes: 2 } })

  test("leads into its own tenant's objects", () => {
    expect(decodeEnvelope(pointingTo('bodies/acme/abc_DEF-1')).body).toMatchObject({ bytes: 2 })
  })

  test.each([
    'bodies/other/abc',
    'bodies/acme/../other/abc',
    'bodies/acme/a/b',
    'bodies/acme/',
    'bodies/acme2/abc',
    '/bodies/acme/abc',
    'spill/abc',
    's3://bucket/bodies/acme/abc',
  ])('to %s is refused', (key) => {
    expect(decodeCode(pointingTo(key))).toBe('BAD_ENVELOPE')
  })
})

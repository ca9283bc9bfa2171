import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { faultInEnvelope, idGrammar } from '#lib/buffer/envelope-shape.ts'

/** The same contract in the words of a schema library. */
const id = z.string().check(z.regex(idGrammar))
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const text = z.string().check(z.maxLength(2_048))
const instant = z.int().check(z.gte(0), z.lte(8_640_000_000_000_000))
const schema = z.strictObject({
  v: z.literal(1),
  id: z.string().check(z.regex(/^evt_[A-Za-z0-9_-]{32}$/)),
  tenant: id,
  provider: id,
  endpoint: id,
  via: z.enum(['webhook', 'poll', 'bus', 'replay']),
  deliveryKey: text,
  type: text,
  receivedAt: instant,
  occurredAt: z.optional(instant),
  contentType: z.optional(text),
  headers: z.record(z.string(), text),
  traceparent: z.optional(text),
  tracestate: z.optional(text),
  body: z.union([
    z.strictObject({ base64: z.string(), sha256 }),
    z.strictObject({ key: z.string().check(z.maxLength(256)), sha256, bytes: z.int() }),
  ]),
  replayOf: z.optional(text),
  redrive: z.optional(text),
})

const hex = 'a'.repeat(64)
const good = {
  v: 1,
  id: `evt_${'A'.repeat(32)}`,
  tenant: 'acme',
  provider: 'stripe',
  endpoint: 'stripe',
  via: 'webhook',
  deliveryKey: 'evt_1',
  type: 'charge.succeeded',
  receivedAt: 1_780_000_000_000,
  occurredAt: 0,
  contentType: 'application/json',
  headers: { 'content-encoding': 'gzip' },
  traceparent: '00',
  tracestate: 'a=1',
  body: { base64: '', sha256: hex },
  replayOf: 'evt_0',
  redrive: '1',
}

const name = fc.oneof(
  fc.constantFrom(...Object.keys(good), ...Object.keys(Object.prototype), 'bytes', 'key', 'base64', 'sha256'),
  fc.string(),
)
const edges = [
  ...Object.values(good),
  0,
  2,
  -1,
  1.5,
  2 ** 53,
  8_640_000_000_000_000,
  8_640_000_000_000_001,
  null,
  true,
  [],
  {},
  '',
  'a',
  'A',
  '../a',
  'a\n',
  'evt_',
  hex,
  hex.toUpperCase(),
  `${hex}\n`,
  ...[63, 64, 256, 257, 2_048, 2_049].map((length) => 'x'.repeat(length)),
  { key: 'k', sha256: hex, bytes: 3 },
]
const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...edges))
/** An envelope with a few of its fields, at any depth, taken away or set to something else. */
const damaged = fc
  .array(
    fc.record({ name, inside: fc.option(fc.constantFrom('body', 'headers')), value: fc.option(value) }),
    {
      maxLength: 3,
    },
  )
  .map((changes) => {
    const envelope = structuredClone(good) as Record<string, unknown>
    for (const change of changes) {
      const inner = change.inside === null ? envelope : envelope[change.inside]
      if (typeof inner !== 'object' || inner === null) continue
      if (change.value === null) Reflect.deleteProperty(inner, change.name)
      else
        Object.defineProperty(inner, change.name, {
          value: structuredClone(change.value),
          enumerable: true,
          configurable: true,
        })
    }
    return JSON.parse(JSON.stringify(envelope)) as unknown
  })

test('what is an envelope and what is none is the same as in a schema', () => {
  const seen = new Set<boolean>()
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: damaged }, fc.jsonValue()), (candidate) => {
      const isGood = schema.safeParse(candidate).success
      seen.add(isGood)
      expect(faultInEnvelope(candidate) === undefined).toBe(isGood)
    }),
    { numRuns: 5_000 },
  )
  expect(seen.size).toBe(2)
})

test('each field with each value at an edge is as good or bad as in a schema', () => {
  const stored = { ...good, body: { key: 'k', sha256: hex, bytes: 3 } }
  for (const whole of [good, stored]) {
    for (const part of [whole, whole.body, whole.headers] as Record<string, unknown>[]) {
      for (const field of [...Object.keys(good), ...Object.keys(part), 'x']) {
        for (const edge of edges) {
          const changed = { ...part, [field]: edge }
          const candidate =
            part === whole ? changed : { ...whole, [part === whole.body ? 'body' : 'headers']: changed }
          const isGood = schema.safeParse(candidate).success
          expect(faultInEnvelope(candidate) === undefined, `${field}: ${JSON.stringify(edge)}`).toBe(isGood)
        }
      }
    }
  }
})

test.each([
  ['', null],
  ['', []],
  ['tenant', { ...good, tenant: 'A' }],
  ['type', { ...good, type: undefined }],
  ['constructor', { ...good, constructor: 1 }],
  ['body.sha256', { ...good, body: { base64: '', sha256: 'x' } }],
  ['body.bytes', { ...good, body: { key: 'k', sha256: hex } }],
  ['headers.a', { ...good, headers: { a: 1 } }],
])('the fault is named by its path: "%s"', (path, candidate) => {
  expect(faultInEnvelope(candidate)).toBe(path)
})

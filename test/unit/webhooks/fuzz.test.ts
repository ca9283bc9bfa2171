import * as fc from 'fast-check'
import { hmacSchemeOf } from '#test/fakes/hmac-scheme.ts'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { HmacScheme } from '#lib/providers/scheme.ts'
import { verifyHmac } from '#lib/webhooks/schemes/hmac-verify.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { signers } from '#test/fakes/signers.ts'

const now = 1_780_000_000_000
const runs = 40_000

const pieces = [
  't=1780000000',
  'v1=',
  'v0=',
  'sha256=',
  'v1,',
  '=',
  ',',
  ' ',
  '1780000000',
  '0'.repeat(64),
  `${'A'.repeat(43)}=`,
  'zz',
  'NaN',
  '\u0000',
  '__proto__',
]
/** What could stand in a header: text of any kind, and right-looking pieces in any order. */
const headerText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.constant('1780000000'),
)

const headerNames = ({ signature, timestamp, id }: HmacScheme): string[] => [
  signature.header,
  ...(timestamp && 'header' in timestamp ? [timestamp.header] : []),
  ...(id ? [id.header] : []),
]

/** Requests with any of the headers that the scheme reads, each with any text. */
const requestFor = (scheme: HmacScheme) =>
  fc.record({
    body: fc.uint8Array({ maxLength: 200 }),
    headers: fc.record(Object.fromEntries(headerNames(scheme).map((name) => [name, headerText])), {
      requiredKeys: [],
    }),
  })

describe.each(signers.map((signer) => ({ name: signer.provider, signer })))('$name', ({ signer }) => {
  const scheme = hmacSchemeOf(signer.provider)
  const secrets = [new Secret(signer.secret), new Secret(signer.otherSecret)]

  test(`of ${runs} requests nobody signed, none throws and none is accepted`, () => {
    fc.assert(
      fc.property(requestFor(scheme), ({ headers, body }) => {
        const delivery = { header: (name: string) => headers[name], body }
        expect(verifyHmac(scheme, delivery, secrets, epochMs(now)).kind).toBe('refused')
      }),
      { numRuns: runs },
    )
  })

  test('any text as a signature, beside the rest of a right request, is refused', async () => {
    const body = Buffer.from(signer.body)
    const signed: Record<string, string> = { ...(await signer.sign(body, signer.secret, now / 1_000)) }
    const right = signed[signer.signatureHeader] ?? ''
    const header = (value: string) => (name: string) =>
      name === signer.signatureHeader ? value : signed[name]
    const verdict = (value: string) =>
      verifyHmac(scheme, { header: header(value), body }, secrets, epochMs(now))
    expect(verdict(right).kind).toBe('valid')
    fc.assert(
      fc.property(
        fc.nat(right.length),
        fc.nat(4),
        fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom(...pieces)),
        (at, removed, inserted) => {
          const changed = right.slice(0, at) + inserted + right.slice(at + removed)
          fc.pre(!carries(changed, right, signer.provider))
          expect(verdict(changed).kind).toBe('refused')
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('whatever the gateway hands on, the answer is 4xx and AWS hears nothing', async () => {
    const given = givenWebhook({
      endpoints: [endpointOf(signer.provider)],
      secrets: { [signer.provider]: [signer.secret] },
    })
    const path = fc
      .constantFrom('', '/', '/x', '/__proto__')
      .map((end) => `/webhooks/${signer.provider}${end}`)
    const method = fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS', 'TRACE', 'nonsense', '')
    const body = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: 'binary', maxLength: 64 }))
    const request = fc.record({ request: requestFor(scheme), path, method, body, flag: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(request, async ({ request: { headers }, path: to, method: by, body: bytes, flag }) => {
        const isBase64Encoded = typeof bytes === 'string' ? flag : true
        const event = gatewayEvent({ path: to, method: by, headers, body: bytes, isBase64Encoded })
        const { statusCode = 0, headers: answered } = await given.send(event)
        expect(statusCode).toBeGreaterThanOrEqual(400)
        expect(statusCode).toBeLessThan(500)
        expect(answered?.['content-type']).toBe('application/problem+json')
      }),
      { numRuns: 500 },
    )
    expect(given.calls).toEqual([])
  })
})

/** Lists may carry other things beside a right signature, so a change that leaves it whole is no forgery. */
function carries(changed: string, right: string, provider: string): boolean {
  if (provider === 'standard-webhooks') return changed.split(' ').includes(right)
  if (provider !== 'stripe') return changed === right
  const [time, digest] = right.split(',')
  const pairs = changed.split(',')
  return (
    pairs.filter((pair) => pair.startsWith('t=')).join() === time &&
    digest !== undefined &&
    pairs.includes(digest) &&
    pairs.every((pair) => /^\w+=/.test(pair))
  )
}

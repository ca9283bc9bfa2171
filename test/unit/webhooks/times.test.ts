import { describe, expect, test } from 'vitest'
import { toSeconds } from '#lib/primitives/clock.ts'
import { asymmetricSigner, sendgridSigner } from '#test/fakes/signers-more.ts'
import { expectBadSignature } from '#test/fakes/refusal.ts'
import { givenEndpoint, sendSigned } from '#test/fakes/send-signed.ts'
import {
  hmacHex,
  slackSigner,
  standardDigest,
  standardSigner,
  stripeSigner,
  type Signer,
} from '#test/fakes/signers.ts'

const timed = [stripeSigner, slackSigner, standardSigner, sendgridSigner, asymmetricSigner]
describe.each(timed.map((signer) => ({ name: signer.name ?? signer.provider, signer })))(
  'the time of $name',
  ({ signer }) => {
    test.each([
      ['B017: 301 s old', 301],
      ['B018: 301 s ahead', -301],
      ['a day old', 86_400],
    ])('%s is refused', async (_name, ageSeconds) => {
      const given = givenEndpoint(signer)
      expectBadSignature(given, await sendSigned(given, signer, { ageSeconds }), signer.provider)
    })

    test.each([300, 0, -300])('an age of %d s is accepted', async (ageSeconds) => {
      const given = givenEndpoint(signer)
      expect((await sendSigned(given, signer, { ageSeconds })).statusCode).toBeLessThan(300)
    })

    const malformed = [
      '',
      'NaN',
      'Infinity',
      '1e9',
      '0x5f',
      '1780000000abc',
      '1780000000 0',
      '-1',
      '1780000000000',
      '0',
    ]
    test.each(malformed)('B016: the timestamp "%s" is refused', async (timestamp) => {
      const given = givenEndpoint(signer)
      const headers = (signed: Record<string, string>) => ({
        [signer.timestampHeader ?? '']:
          signer === stripeSigner
            ? signed['stripe-signature']?.replace(/t=\d+/, `t=${timestamp}`)
            : timestamp,
      })
      expectBadSignature(given, await sendSigned(given, signer, { headers }), signer.provider)
    })

    test('a fresh time under an old signature is refused', async () => {
      const given = givenEndpoint(signer)
      const now = String(toSeconds(given.clock.now()))
      const headers = (signed: Record<string, string>) => ({
        [signer.timestampHeader ?? '']:
          signer === stripeSigner ? signed['stripe-signature']?.replace(/t=\d+/, `t=${now}`) : now,
      })
      expectBadSignature(
        given,
        await sendSigned(given, signer, { ageSeconds: 3_600, headers }),
        signer.provider,
      )
    })
  },
)

test.each([
  ['an old one first', (header: string) => `t=1700000000,${header}`],
  ['an old one last', (header: string) => `${header},t=1700000000`],
  ['the same twice', (header: string) => header.replace(/t=\d+/, '$&,$&')],
])('B019: two times in one header are refused: %s', async (_name, change) => {
  const given = givenEndpoint(stripeSigner)
  const headers = (signed: Record<string, string>) => ({
    'stripe-signature': change(signed['stripe-signature'] ?? ''),
  })
  expectBadSignature(given, await sendSigned(given, stripeSigner, { headers }), 'stripe')
})

describe.each([
  'NaN',
  'Infinity',
  '',
  '1.78e9',
  '01780000000',
  '1780000000.0',
  '+1780000000',
  '1780000000000',
])('B016: the time %j, rightly signed,', (time) => {
  const signedBy: readonly (readonly [Signer, Record<string, string>])[] = [
    [
      stripeSigner,
      {
        'stripe-signature': `t=${time},v1=${hmacHex(stripeSigner.secret, `${time}.${stripeSigner.body}`)}`,
      },
    ],
    [
      slackSigner,
      {
        'x-slack-request-timestamp': time,
        'x-slack-signature': `v0=${hmacHex(slackSigner.secret, `v0:${time}:${slackSigner.body}`)}`,
      },
    ],
    [
      standardSigner,
      {
        'webhook-timestamp': time,
        'webhook-signature': `v1,${standardDigest(
          `msg_2KWPBgLlAfxdpx2AI54pPJ85f4W.${time}.${standardSigner.body}`,
        )}`,
      },
    ],
  ]
  test.each(signedBy)('is refused by $provider', async (signer, headers) => {
    const given = givenEndpoint(signer)
    const result = await sendSigned(given, signer, { headers: () => headers })
    expectBadSignature(given, result, signer.provider)
  })
})

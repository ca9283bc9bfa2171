import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toSeconds } from '#lib/primitives/clock.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { endpointOf, givenWebhook } from '#test/fakes/given-webhook.ts'
import { asymmetricSigner, credentialSigners, moreSigners } from '#test/fakes/signers-more.ts'
import { expectBadSignature, expectRefusal } from '#test/fakes/refusal.ts'
import { givenEndpoint, sendSigned, utf8, type Change } from '#test/fakes/send-signed.ts'
import {
  githubSigner,
  hmacSigner,
  signers,
  slackSigner,
  standardSigner,
  stripeSigner,
  type Signer,
} from '#test/fakes/signers.ts'

/** Replaces the signature's value, keeping what stands around it. */
const digest = (signer: Signer, replace: (digest: string) => string) => (signed: Record<string, string>) => ({
  [signer.signatureHeader]: signed[signer.signatureHeader]?.replace(
    /(?<=^|v1=|v0=|sha256=|v1,|v1a,)[A-Za-z0-9+/]{43,}={0,2}$/,
    replace,
  ),
})

const all = [...signers, ...moreSigners]
const named = (signer: Signer) => ({ name: signer.name ?? signer.provider, signer })

describe.each(all.map(named))('$name', ({ signer }) => {
  test('a webhook signed by its own package is accepted byte for byte', async () => {
    const given = givenEndpoint(signer)
    const result = await sendSigned(given, signer)
    expect(result.statusCode).toBe(findProvider(signer.provider)?.webhooks?.ack?.status ?? 202)
    const [envelope] = given.queued()
    expect(envelope).toMatchObject({ provider: signer.provider, tenant: 'default', via: 'webhook' })
    const inline = envelope?.body as { readonly base64: string }
    expect(Buffer.from(inline.base64, 'base64').toString()).toBe(signer.body)
    expect(given.calls).toHaveLength(1)
  })

  const refusals: readonly (readonly [string, Change])[] = [
    ['B001: no signature header', { headers: () => ({ [signer.signatureHeader]: undefined }) }],
    ['B002: an empty signature', { headers: () => ({ [signer.signatureHeader]: '' }) }],
    ['B002: a scheme without a digest', { headers: digest(signer, () => '') }],
    ['B003: a digest that is too short', { headers: digest(signer, (text) => text.slice(0, 8)) }],
    ['B003: a digest that is too long', { headers: digest(signer, (text) => text + text) }],
    [
      'B004: a digest of foreign characters',
      { headers: digest(signer, (text) => 'zz'.repeat(text.length / 2)) },
    ],
    ['B005: a digest with trailing junk', { headers: digest(signer, (text) => `${text}zz11`) }],
    ['B006: a digest in capitals', { headers: digest(signer, (text) => text.toUpperCase()) }],
    ['B006: a digest with a space inside', { headers: digest(signer, (text) => text.replace(/^../, '$& ')) }],
    [
      'B006: a digest after a byte order mark',
      { headers: digest(signer, (text) => `\u00ef\u00bb\u00bf${text}`) },
    ],
    [
      'B007: a digest with a line feed inside',
      { headers: digest(signer, (text) => `${text.slice(0, 9)}%0A${text.slice(9)}`) },
    ],
    ['B007: a digest without its last character', { headers: digest(signer, (text) => text.slice(0, -1)) }],
    ['B012: the secret of another endpoint', { secret: signer.otherSecret }],
    ['a body changed by one byte', { body: utf8(signer.body.replace('{', '{ ')) }],
    ['an empty body in place of the signed one', { body: new Uint8Array() }],
  ]
  test.each(refusals)('%s is refused', async (_name, change) => {
    const given = givenEndpoint(signer)
    expectBadSignature(given, await sendSigned(given, signer, change), signer.provider)
  })

  test.each([
    ['missing', []],
    ['empty', ['']],
    ['white space', [' \t']],
  ])('B013: an endpoint whose secret is %s answers 503 and verifies nothing', async (_name, secrets) => {
    const given = givenEndpoint(signer, secrets)
    const result = await sendSigned(given, signer, { secret: signer.otherSecret })
    expectRefusal(given, result, 503, 'endpoint_misconfigured')
    expect(result.headers?.['retry-after']).toMatch(/^\d+$/)
    expect(given.lines).toHaveLength(1)
  })

  test('F12: both secrets of a rotation are accepted, a third is not', async () => {
    const rotating = [signer.secret, signer.otherSecret]
    for (const secret of rotating) {
      const given = givenEndpoint(signer, rotating)
      expect((await sendSigned(given, signer, { secret })).statusCode).toBeLessThan(300)
    }
    const given = givenEndpoint(signer, rotating)
    const third = signer.thirdSecret ?? `whsec_${Buffer.from('a third secret altogether').toString('base64')}`
    expectBadSignature(given, await sendSigned(given, signer, { secret: third }), signer.provider)
  })

  test('F11: while the secret store has never answered, 503 and not 401', async () => {
    const given = givenWebhook({
      endpoints: [endpointOf(signer.provider)],
      secrets: {},
      secretsUnavailable: true,
    })
    expectRefusal(given, await sendSigned(given, signer), 503, 'unavailable')
  })
})

// Standard Webhooks defines its header as a list, so that two of them are one longer list.
test.each(
  all
    .filter(({ provider }) => provider !== 'standard-webhooks')
    .map((signer) => [signer.provider, signer] as const),
)('B008: a signature header that %s sends twice is refused', async (_name, signer) => {
  const given = givenEndpoint(signer)
  const twice = (signed: Record<string, string>) => ({
    [signer.signatureHeader]: `${signed[signer.signatureHeader]}, ${signed[signer.signatureHeader]}`,
  })
  expectBadSignature(given, await sendSigned(given, signer, { headers: twice }), signer.provider)
})

test('B009: of ten thousand signatures in one header only the first ten are looked at', async () => {
  const given = givenEndpoint(stripeSigner)
  const headers = (signed: Record<string, string>) => {
    const [time = '', right = ''] = signed['stripe-signature']?.split(',') ?? []
    return {
      'stripe-signature': [time, ...Array<string>(10_000).fill(`v1=${'0'.repeat(64)}`), right].join(','),
    }
  }
  expectBadSignature(given, await sendSigned(given, stripeSigner, { headers }), 'stripe')
})

test('a right signature among ten is found', async () => {
  const given = givenEndpoint(stripeSigner)
  const headers = (signed: Record<string, string>) => {
    const [time = '', right = ''] = signed['stripe-signature']?.split(',') ?? []
    return { 'stripe-signature': [time, ...Array<string>(9).fill(`v1=${'0'.repeat(64)}`), right].join(',') }
  }
  expect((await sendSigned(given, stripeSigner, { headers })).statusCode).toBe(202)
})

test.each([
  ['B010: v0 alone', stripeSigner, /v1=/g, 'v0='],
  ['B011: sha1', githubSigner, /sha256=/g, 'sha1='],
  ['B011: md5', githubSigner, /sha256=/g, 'md5='],
  ['B010: an unknown version', slackSigner, /v0=/g, 'v1='],
  ['B010: an asymmetric version', standardSigner, /v1,/g, 'v1a,'],
])('%s is no way around the scheme of the endpoint', async (_name, signer, from, to) => {
  const given = givenEndpoint(signer)
  const headers = (signed: Record<string, string>) => ({
    [signer.signatureHeader]: signed[signer.signatureHeader]?.replace(from, to),
  })
  expectBadSignature(given, await sendSigned(given, signer, { headers }), signer.provider)
})

test('F13: a flood of forgeries writes one line a second and says how many it held back', async () => {
  const given = givenEndpoint(hmacSigner)
  const forge = () => sendSigned(given, hmacSigner, { secret: 'guess' })
  for (let i = 0; i < 50; i += 1) await forge()
  expect(given.lines).toHaveLength(1)
  await given.clock.advance(1_000)
  await forge()
  expect(given.lines).toHaveLength(2)
  expect(JSON.parse(given.lines[1] ?? '')).toMatchObject({ suppressed: 49 })
  expect(given.calls).toEqual([])
})

describe.each(credentialSigners.map(named))('$name, which signs nothing', ({ signer }) => {
  test('is taken with its credential', async () => {
    const given = givenEndpoint(signer)
    expect((await sendSigned(given, signer)).statusCode).toBeLessThan(300)
    expect(given.calls).toHaveLength(1)
    expect(given.calls[0]?.input['MessageBody']).not.toContain(signer.secret)
  })

  const changes: readonly (readonly [string, Change])[] = [
    ['B001: no credential', { headers: () => ({ [signer.signatureHeader]: undefined }) }],
    ['B002: an empty one', { headers: () => ({ [signer.signatureHeader]: '' }) }],
    ['B012: that of another endpoint', { secret: signer.otherSecret }],
    [
      'one that is cut',
      { headers: (sent) => ({ [signer.signatureHeader]: sent[signer.signatureHeader]?.slice(0, -1) }) },
    ],
    [
      'one with more behind it',
      { headers: (sent) => ({ [signer.signatureHeader]: `${sent[signer.signatureHeader]}x` }) },
    ],
    [
      'B008: two of them',
      {
        headers: (sent) => ({
          [signer.signatureHeader]: `${sent[signer.signatureHeader]}, ${sent[signer.signatureHeader]}`,
        }),
      },
    ],
    [
      'another kind',
      { headers: (sent) => ({ [signer.signatureHeader]: `Digest ${sent[signer.signatureHeader]}` }) },
    ],
  ]
  test.each(changes)('%s is refused', async (_name, change) => {
    const given = givenEndpoint(signer)
    expectBadSignature(given, await sendSigned(given, signer, change), signer.provider)
  })

  test.each([
    ['missing', []],
    ['empty', ['']],
    ['white space', [' ']],
  ])('B013: an endpoint whose secret is %s answers 503', async (_name, secrets) => {
    const given = givenEndpoint(signer, secrets)
    expectRefusal(given, await sendSigned(given, signer), 503, 'endpoint_misconfigured')
  })

  test('F12: both of a rotation are taken', async () => {
    for (const secret of [signer.secret, signer.otherSecret]) {
      const given = givenEndpoint(signer, [signer.secret, signer.otherSecret])
      expect((await sendSigned(given, signer, { secret })).statusCode).toBeLessThan(300)
    }
  })
})

test('a public key is no HMAC secret: what everybody knows signs nothing', async () => {
  const given = givenEndpoint(asymmetricSigner)
  const key = Buffer.from(asymmetricSigner.secret, 'base64url')
  const time = String(toSeconds(given.clock.now()))
  const headers = () => ({
    'webhook-signature': `v1,${createHmac('sha256', key).update(`msg_2KWPBgLlAfxdpx2AI54pPJ85f4W.${time}.`).update(asymmetricSigner.body).digest('base64')}`,
  })
  expectBadSignature(given, await sendSigned(given, asymmetricSigner, { headers }), 'standard-webhooks')
})

test("Mixpanel hears of its own action, and Google's first message is taken and not kept", async () => {
  const [google, , mixpanel] = credentialSigners
  if (!google || !mixpanel) throw new Error('two signers are missing')
  const cohorts = givenEndpoint(mixpanel)
  const answer = await sendSigned(cohorts, mixpanel)
  expect(JSON.parse(answer.body ?? '')).toEqual({ action: 'members', status: 'success' })
  const channel = givenEndpoint(google)
  const sync = await sendSigned(channel, google, { headers: () => ({ 'x-goog-resource-state': 'sync' }) })
  expect(sync.statusCode).toBe(200)
  expect(channel.calls).toEqual([])
})

import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { describe, expect, test } from 'vitest'
import { toSeconds } from '#lib/primitives/clock.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { expectBadSignature, expectRefusal } from '#test/fakes/refusal.ts'
import { siteOf, type FakeSite } from '#test/fakes/sender-site.ts'

const certs = 'https://www.googleapis.com/oauth2/v3/certs'
const audience = 'https://hooks.example.com/webhooks/gmail'
const email = 'push@project.iam.gserviceaccount.com'
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const keySet = (...keys: readonly (readonly [string, KeyObject])[]): string =>
  JSON.stringify({
    keys: keys.map(([kid, key]) => ({ ...key.export({ format: 'jwk' }), kid, alg: 'RS256' })),
  })

const data = Buffer.from('{"emailAddress":"user@example.com","historyId":9876543210}').toString('base64url')
const body = JSON.stringify({ message: { data, messageId: '2070443601311540' }, subscription: 's' })

function given(
  site: FakeSite = siteOf({ [certs]: keySet(['k1', publicKey]) }),
  secret = `${audience} ${email}`,
) {
  const endpoint = endpointOf('gmail', { tenants: { 'user@example.com': 'acme' } })
  const webhook = givenWebhook({ endpoints: [endpoint], secrets: { gmail: [secret] }, site })
  const post = (authorization: string | undefined) =>
    webhook.send(gatewayEvent({ path: '/webhooks/gmail', headers: { authorization }, body }))
  const now = toSeconds(webhook.clock.now())
  return { ...webhook, site, post, now }
}

const claims = (now: number): JWTPayload => ({
  iss: 'https://accounts.google.com',
  aud: audience,
  email,
  email_verified: true,
  iat: now,
  exp: now + 3_600,
})
const sign = (
  payload: JWTPayload,
  header: { alg?: string; kid?: string } = {},
  key: KeyObject = privateKey,
) => new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key)
const bearer = async (token: Promise<string> | string): Promise<string> => `Bearer ${await token}`

describe('a push of Pub/Sub', () => {
  test('for this endpoint, by its own account, is taken; the mailbox says whose it is', async () => {
    const { post, queued, now } = given()
    expect((await post(await bearer(sign(claims(now))))).statusCode).toBe(204)
    expect(queued()[0]).toMatchObject({
      deliveryKey: '2070443601311540',
      tenant: 'acme',
      account: 'user@example.com',
    })
  })

  test.each([-300, 299])('is taken with a clock that is %i s off', async (seconds) => {
    const { post, now } = given()
    const token = sign({ ...claims(now), iat: now + seconds, exp: now + seconds + 2 })
    expect((await post(await bearer(token))).statusCode).toBe(204)
  })

  test('by a key that is newer than what is remembered makes one more question', async () => {
    let documents = keySet(['k0', stranger.publicKey])
    const site = siteOf({})
    const asking: FakeSite = {
      ...site,
      document: async (url) => {
        site.asked.push(url)
        return { kind: 'found', text: documents }
      },
      newerDocument: async (url) => {
        site.asked.push(`newer ${url}`)
        documents = keySet(['k1', publicKey])
        return { kind: 'found', text: documents }
      },
    }
    const { post, now } = given(asking)
    expect((await post(await bearer(sign(claims(now))))).statusCode).toBe(204)
    expect(site.asked).toEqual([certs, `newer ${certs}`])
  })
})

describe('what is refused', () => {
  type Token = (now: number) => Promise<string> | string
  const change =
    (more: JWTPayload): Token =>
    (now) =>
      sign({ ...claims(now), ...more })
  const cases: readonly (readonly [string, Token])[] = [
    ['another audience', change({ aud: 'https://other.example.com' })],
    ['several audiences', change({ aud: [audience, 'https://other.example.com'] })],
    ["another account's e-mail", change({ email: 'attacker@evil.iam.gserviceaccount.com' })],
    ['an e-mail that nobody verified', change({ email_verified: false })],
    ['an e-mail of which that is not said', change({ email_verified: undefined })],
    ['an e-mail verified in words', change({ email_verified: 'true' })],
    ['another issuer', change({ iss: 'https://accounts.google.com.evil.example' })],
    ['no issuer', change({ iss: undefined as never })],
    ['no expiry', change({ exp: undefined as never })],
    ['no time of issue', change({ iat: undefined as never })],
    ['an expiry long past', (now) => sign({ ...claims(now), iat: now - 4_000, exp: now - 301 })],
    ['an issue in the future', (now) => sign({ ...claims(now), iat: now + 301 })],
    ['the key of a stranger under the same name', (now) => sign(claims(now), {}, stranger.privateKey)],
    ['a key that nobody publishes', (now) => sign(claims(now), { kid: 'k9' })],
    ['no signature', (now) => new UnsecuredJWT(claims(now)).encode()],
    [
      'the public key as a shared secret',
      (now) => {
        const secret = createSecretKey(publicKey.export({ format: 'pem', type: 'spki' }) as string, 'utf8')
        return sign(claims(now), { alg: 'HS256' }, secret)
      },
    ],
    ['another algorithm of the same key', (now) => sign(claims(now), { alg: 'RS512' })],
    ['no token', () => 'x.y.z'],
    ['a token of 100 KB', () => `${'a'.repeat(100_000)}.b.c`],
    ['two tokens', async (now) => `${await sign(claims(now))}, Bearer ${await sign(claims(now))}`],
  ]
  test.each(cases)('%s', async (_name, token) => {
    const webhook = given()
    expectBadSignature(webhook, await webhook.post(await bearer(token(webhook.now))), 'gmail')
  })

  test('B001: no token, and one of another kind, before anything is fetched', async () => {
    for (const authorization of [undefined, '', 'Basic dXNlcjpwYXNz']) {
      const webhook = given()
      expectBadSignature(webhook, await webhook.post(authorization), 'gmail')
      expect(webhook.site.asked).toEqual([])
    }
  })

  test.each([
    ['away', siteOf({}, { isDown: true })],
    ['without its keys', siteOf({})],
    ['talking nonsense', siteOf({ [certs]: '<html>' })],
    ['giving no list', siteOf({ [certs]: '{"keys":{}}' })],
  ])('while the issuer is %s nobody knows: 503, to be sent again', async (_name, site) => {
    const webhook = given(site)
    expectRefusal(webhook, await webhook.post(await bearer(sign(claims(webhook.now)))), 503, 'unavailable')
  })

  test.each(['', ' ', audience, email, `${audience} nobody`, `${audience} ${email} more`])(
    'B013: with "%s" for its secret the endpoint answers 503',
    async (secret) => {
      const webhook = given(undefined, secret)
      expectRefusal(
        webhook,
        await webhook.post(await bearer(sign(claims(webhook.now)))),
        503,
        'endpoint_misconfigured',
      )
    },
  )
})

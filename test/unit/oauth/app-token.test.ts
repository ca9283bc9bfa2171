import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { appTokens } from '#lib/oauth/app-token.ts'
import { appGrantOf } from '#lib/oauth/grant-of.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string

function given(secret = 'the secret') {
  const clock = virtualClock()
  const asked: { url: string; body: URLSearchParams; authorization: string | null }[] = []
  let isDown = false
  const tokens = appTokens({
    clock,
    random: seededRandom(1),
    clientOf: async (provider) => {
      const auth = appGrantOf(provider)
      if (!auth) return undefined
      return { provider, clientId: 'someone', clientSecret: new Secret(secret), auth }
    },
    fetch: (async (url: string, init: RequestInit) => {
      const authorization = new Headers(init.headers).get('authorization')
      asked.push({ url, body: new URLSearchParams(init.body as string), authorization })
      if (isDown) return new Response('', { status: 503 })
      return Response.json({ access_token: `token-${asked.length}`, token_type: 'bearer', expires_in: 1_000 })
    }) as typeof fetch,
  })
  const get = async (provider: string, rejected?: Secret) => {
    const outcome = await tokens.get(provider, rejected)
    return outcome.kind === 'token' ? outcome.accessToken.reveal() : outcome
  }
  return { clock, asked, get, down: (value: boolean) => void (isDown = value) }
}

describe('a grant without a user', () => {
  test('PayPal: client credentials by Basic', async () => {
    const { get, asked } = given()
    expect(await get('paypal')).toBe('token-1')
    expect(asked[0]?.url).toBe('https://api-m.paypal.com/v1/oauth2/token')
    expect(asked[0]?.body.toString()).toBe('grant_type=client_credentials')
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('someone:the+secret').toString('base64')}`)
  })

  test('MyCarrierPackets: user name and password', async () => {
    const { get, asked } = given()
    await get('mycarrierpackets')
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({
      grant_type: 'password',
      username: 'someone',
      password: 'the secret',
    })
    expect(asked[0]?.authorization).toBeNull()
  })

  test('Firebase: a token that it signs itself, with its scope', async () => {
    const { get, asked, clock } = given(pem)
    await get('firebase')
    const body = asked[0]?.body
    expect(body?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { payload } = await jwtVerify(body?.get('assertion') ?? '', publicKey, {
      issuer: 'someone',
      audience: 'https://oauth2.googleapis.com/token',
      currentDate: new Date(clock.now()),
    })
    expect(payload['scope']).toBe('https://www.googleapis.com/auth/firebase.messaging')
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600)
  })

  test('what is no key is said without being shown', async () => {
    const { get } = given('not a key: canary')
    expect(await get('firebase')).toEqual({ kind: 'misconfigured', error: 'unusable_key' })
  })

  test('is asked for once by all, and again at 80% of its lifetime', async () => {
    const { get, asked, clock } = given()
    expect(await Promise.all([get('paypal'), get('paypal')])).toEqual(['token-1', 'token-1'])
    await clock.advance(799_000)
    expect(await get('paypal')).toBe('token-1')
    await clock.advance(1_000)
    expect(await get('paypal')).toBe('token-2')
    expect(asked).toHaveLength(2)
  })

  test('is served on while its provider is away, to its end and not longer', async () => {
    const { get, clock, down } = given()
    await get('paypal')
    down(true)
    await clock.advance(994_000)
    expect(await get('paypal')).toBe('token-1')
    await clock.advance(1_000)
    expect(await get('paypal')).toEqual({ kind: 'unavailable', error: 'status 503' })
  })

  test('that the provider refuses is replaced at once', async () => {
    const { get } = given()
    await get('paypal')
    expect(await get('paypal', new Secret('token-1'))).toBe('token-2')
    expect(await get('paypal', new Secret('token-1'))).toBe('token-2')
  })

  test('nobody has set up is said as that', async () => {
    const { get } = given()
    expect(await get('slack')).toEqual({ kind: 'misconfigured', error: 'no_client' })
  })
})

import { describe, expect, test } from 'vitest'
import { httpsIssuer } from '#lib/access/issuer.https.ts'
import type { ConsoleClientAuth } from '#lib/config/oidc.ts'
import { hours, minutes, seconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

const issuer = 'https://login.example.com'
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  end_session_endpoint: `${issuer}/logout`,
  authorization_response_iss_parameter_supported: true,
}
interface Asked {
  readonly url: string
  readonly body: string
  readonly authorization: string | null
}

/** An issuer whose endpoints answer as `answers` says; a number is a status. */
function given(answers: Record<string, unknown> = {}, clientAuth: ConsoleClientAuth = 'none') {
  const clock = virtualClock()
  const asked: Asked[] = []
  const lines: string[] = []
  const published: Record<string, unknown> = {
    [`${issuer}/.well-known/openid-configuration`]: metadata,
    [`${issuer}/token`]: { id_token: 'a.b.c', access_token: 'x', token_type: 'bearer' },
    ...answers,
  }
  const adapter = httpsIssuer(
    { issuer, console: { clientId: 'console', scopes: ['openid'], clientAuth } },
    {
      clock,
      log: (_level, message, fields) => void lines.push(`${message} ${JSON.stringify(fields)}`),
      secret: () => Promise.resolve(new Secret('canary-secret')),
      fetch: async (input, init) => {
        const url = input as string
        const authorization = new Headers(init?.headers).get('authorization')
        const body = init?.body instanceof URLSearchParams ? init.body.toString() : ''
        asked.push({ url, body, authorization })
        const answer = published[url] ?? 404
        if (answer instanceof Error) throw answer
        if (typeof answer === 'number') return new Response('{"error":"canary"}', { status: answer })
        return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer))
      },
    },
  )
  const exchange = (query: Record<string, string>) =>
    adapter.exchange({
      query: new URLSearchParams(query),
      state: 's',
      verifier: 'v'.repeat(43),
      redirectUri: 'https://sluice.test/console/callback',
    })
  return { adapter, exchange, asked, lines, clock, published }
}
const good = { code: 'c', state: 's', iss: issuer }

describe('a code', () => {
  test('is exchanged with its verifier and redirect address', async () => {
    const { exchange, asked } = given()
    expect(await exchange(good)).toEqual({ kind: 'exchanged', idToken: 'a.b.c' })
    expect(Object.fromEntries(new URLSearchParams(asked[1]?.body))).toEqual({
      client_id: 'console',
      code: 'c',
      code_verifier: 'v'.repeat(43),
      grant_type: 'authorization_code',
      redirect_uri: 'https://sluice.test/console/callback',
    })
  })

  test.each([
    ['of another issuer (RFC 9207)', { ...good, iss: 'https://evil.example.com' }],
    ['of no issuer where this one names itself', { code: 'c', state: 's' }],
    ['with another state', { ...good, state: 't' }],
    ['that is none', { state: 's', iss: issuer }],
    ['with a token of another flow', { ...good, id_token: 'a.b.c' }],
  ])('%s never goes to the issuer', async (_, query) => {
    const { exchange, asked } = given()
    expect(await exchange(query)).toEqual({ kind: 'refused', why: 'authorization_answer' })
    expect(asked.map(({ url }) => url)).not.toContain(`${issuer}/token`)
  })

  test('that was denied is told so', async () => {
    const denied = { error: 'access_denied', state: 's', iss: issuer }
    expect(await given().exchange(denied)).toEqual({ kind: 'denied' })
  })

  test.each([
    ['400', 400, { kind: 'refused', why: 'token_endpoint_400' }],
    ['500', 500, { kind: 'unavailable' }],
    ['429', 429, { kind: 'unavailable' }],
    ['a page', '<html>', { kind: 'refused', why: 'token_endpoint_200' }],
    ['no ID token', { access_token: 'x' }, { kind: 'refused', why: 'token_endpoint_200' }],
    ['far too much', 'x'.repeat(70_000), { kind: 'unavailable' }],
    ['a broken connection', new Error('reset'), { kind: 'unavailable' }],
  ])('answered with %s brings nobody in, and is quoted nowhere', async (_, answer, outcome) => {
    const { exchange, lines } = given({ [`${issuer}/token`]: answer })
    expect(await exchange(good)).toEqual(outcome)
    expect(lines.join()).not.toContain('canary')
  })

  test('of a client with a secret is sent with it, in the way that the config says', async () => {
    const basic = given({}, 'client_secret_basic')
    await basic.exchange(good)
    expect(basic.asked[1]?.authorization).toBe(`Basic ${btoa('console:canary%2Dsecret')}`)
    const post = given({}, 'client_secret_post')
    await post.exchange(good)
    expect(new URLSearchParams(post.asked[1]?.body).get('client_secret')).toBe('canary-secret')
    expect(post.lines).toEqual([])
  })
})

describe('the metadata', () => {
  test('are read once an hour, and used further while there are no newer', async () => {
    const { adapter, asked, clock, published } = given()
    const known = { authorizeUrl: `${issuer}/authorize`, endSessionUrl: `${issuer}/logout` }
    expect(await Promise.all([adapter.addresses(), adapter.addresses()])).toEqual([known, known])
    expect(asked).toHaveLength(1)
    await clock.advance(hours(1))
    published[`${issuer}/.well-known/openid-configuration`] = 503
    expect(await adapter.addresses()).toEqual(known)
    const count = asked.length
    await clock.advance(seconds(1))
    await adapter.addresses()
    expect(asked).toHaveLength(count)
    await clock.advance(hours(24))
    expect(await adapter.addresses()).toBeUndefined()
  })

  test.each([
    ['another issuer', { ...metadata, issuer: 'https://evil.example.com' }],
    ['an address that is not safe', { ...metadata, authorization_endpoint: 'http://login.example.com/a' }],
    ['no address', { issuer }],
  ])('of %s send nobody anywhere', async (_, document) => {
    const { adapter, clock } = given({ [`${issuer}/.well-known/openid-configuration`]: document })
    expect(await adapter.addresses()).toBeUndefined()
    await clock.advance(minutes(1))
  })
})

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refreshGrant, exchangeCode } from '#lib/oauth/grants.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { OAuthCode } from '#lib/providers/auth.ts'
import { quickbooks } from '#lib/providers/quickbooks.ts'
import { slack } from '#lib/providers/slack.ts'
import { sandbox } from '#lib/providers/sandbox.ts'

type Reply = (request: IncomingMessage, response: ServerResponse) => void
let server: Server
let origin = ''
let reply: Reply = () => {}
const seen: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body })
      reply(request, response)
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const canary = 'client-secret-canary'
const clientOf = (auth: OAuthCode) => ({
  provider: 'p',
  clientId: 'id',
  clientSecret: new Secret(canary),
  auth: { ...auth, tokenUrl: `${origin}/token` },
})
const deps = { fetch, clock: systemClock, random: seededRandom(1) }

async function ask(answer: Reply, auth: OAuthCode = sandbox.auth) {
  reply = answer
  seen.length = 0
  const outcome = await refreshGrant(clientOf(auth), 'refresh-canary', deps)
  // Nothing that went out comes back in what is logged.
  if (outcome.kind !== 'granted') expect(JSON.stringify(outcome)).not.toMatch(/canary/)
  return outcome
}

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
const good = { access_token: 'a', token_type: 'Bearer', expires_in: 3_600, refresh_token: 'r2' }

describe('what is sent', () => {
  test('names the client by Basic, each part encoded as a form is', async () => {
    await ask(json(200, good), { ...sandbox.auth })
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`id:${canary}`).toString('base64')}`)
    expect(seen[0]?.body).toBe('grant_type=refresh_token&refresh_token=refresh-canary')
  })

  test('names it in the body where the provider wants that, and asks for JSON', async () => {
    await ask(json(200, good), { ...sandbox.auth, clientAuth: 'body' })
    expect(seen[0]?.headers.authorization).toBeUndefined()
    expect(new URLSearchParams(seen[0]?.body).get('client_secret')).toBe(canary)
    expect(seen[0]?.headers.accept).toBe('application/json')
  })

  test('a public client names itself, as it has no secret', async () => {
    await ask(json(200, good), { ...sandbox.auth, clientAuth: 'none' })
    expect(seen[0]?.headers.authorization).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-canary',
      client_id: 'id',
    })
  })

  test('M31: a code is sent once, whatever becomes of it', async () => {
    for (const answer of [
      json(503, {}),
      json(200, 'nonsense'),
      ((_request, response) => response.destroy()) as Reply,
    ]) {
      reply = answer
      seen.length = 0
      const parameters = { code: 'c', redirectUri: 'https://x.example/cb', verifier: 'v' }
      expect((await exchangeCode(clientOf(sandbox.auth), parameters, deps)).kind).toBe('unavailable')
      expect(seen).toHaveLength(1)
      expect(new URLSearchParams(seen[0]?.body).get('code_verifier')).toBe('v')
    }
  })
})

describe('what is granted', () => {
  const granted = async (body: object, auth: OAuthCode = sandbox.auth) => {
    const outcome = await ask(json(200, body), auth)
    if (outcome.kind !== 'granted') throw new Error(JSON.stringify(outcome))
    return outcome.grant
  }

  test.each([
    ['"3600"', '3600', 3_600],
    ['3600', 3_600, 3_600],
    ['0', 0, 77],
    ['-1', -1, 77],
    ['1e12', 1e12, 77],
    ['"NaN"', 'NaN', 77],
    ['null', null, 77],
    ['"1h"', '1h', 77],
    ['1.5', 1.5, 77],
    ['an object', {}, 77],
  ])('B071, F61: expires_in %s never makes a date that does not come', async (_name, value, expected) => {
    const auth = { ...sandbox.auth, defaultLifetimeSeconds: 77 }
    expect((await granted({ ...good, expires_in: value }, auth)).lifetimeSeconds).toBe(expected)
  })

  test('no expires_in and no usual lifetime: it does not run out', async () => {
    const { expires_in: _none, ...rest } = good
    expect((await granted(rest)).lifetimeSeconds).toBeUndefined()
  })

  test.each([
    ['left out', {}],
    ['empty', { refresh_token: '' }],
    ['null', { refresh_token: null }],
  ])('B073: a refresh token that is %s is none', async (_name, more) => {
    const { refresh_token: _none, ...rest } = good
    expect((await granted({ ...rest, ...more })).tokens.refreshToken).toBeUndefined()
  })

  test('B070: bearer in any case, and what a provider calls it instead', async () => {
    expect((await granted({ ...good, token_type: 'bEaReR' })).tokens.tokenType).toBe('bEaReR')
    const grant = await granted(
      {
        ...good,
        ok: true,
        token_type: 'bot',
        bot_user_id: 'U1',
        team: { id: 'T1' },
        scope: 'chat:write,channels:history',
      },
      slack.auth,
    )
    expect(grant.tokens.extras).toEqual({ bot_user_id: 'U1' })
    expect(grant.scopes).toEqual(['chat:write', 'channels:history'])
  })

  test('a form where the provider answers one', async () => {
    const outcome = await ask((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
      response.end('access_token=gho_1&scope=repo%2Cgist&token_type=bearer')
    })
    expect(outcome).toMatchObject({
      kind: 'granted',
      grant: { tokens: { accessToken: 'gho_1' }, scopes: ['repo', 'gist'] },
    })
  })

  test('a compressed answer is opened', async () => {
    const outcome = await ask((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(good)))
    })
    expect(outcome.kind).toBe('granted')
  })
})

describe('what is not', () => {
  const cases: readonly (readonly [string, Reply, string])[] = [
    ['B066: an error under 200', json(200, { error: 'bad_verification_code' }), 'refused'],
    ['B066: Slack’s ok: false', json(200, { ok: false, error: 'invalid_refresh_token' }), 'refused'],
    ['B066: ok: false without a word', json(200, { ok: false }), 'misconfigured'],
    ['invalid_grant', json(400, { error: 'invalid_grant', error_description: 'refresh-canary' }), 'refused'],
    ['invalid_client', json(401, { error: 'invalid_client' }), 'misconfigured'],
    ['an error that nobody knows', json(400, { error: 'moon_phase' }), 'misconfigured'],
    ['an error that is a whole page', json(400, { error: '<html>refresh-canary</html>' }), 'misconfigured'],
    ['an error that is an object', json(400, { error: { code: 'invalid_grant' } }), 'refused'],
    ['temporarily_unavailable', json(400, { error: 'temporarily_unavailable' }), 'unavailable'],
    ['429', json(429, { error: 'moon_phase' }), 'unavailable'],
    ['invalid_grant by a server that is ill', json(503, { error: 'invalid_grant' }), 'unavailable'],
    ['invalid_grant when asked too often', json(429, { error: 'invalid_grant' }), 'unavailable'],
    ['500 with JSON', json(500, {}), 'unavailable'],
    ['503 with HTML', json(503, '<html>', { 'content-type': 'text/html' }), 'unavailable'],
    ['B067: HTML', json(200, '<html>', { 'content-type': 'text/html' }), 'unavailable'],
    ['B067: nothing', json(200, ''), 'unavailable'],
    ['B067: 204', (_request, response) => response.writeHead(204).end(), 'unavailable'],
    ['B067: JSON that breaks off', json(200, '{"access_token":"a'), 'unavailable'],
    ['B067: JSON that is no object', json(200, '"a"'), 'unavailable'],
    ['B067: ten megabytes', json(200, { ...good, pad: 'x'.repeat(10_000_000) }), 'unavailable'],
    [
      'B067: a gzip bomb',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        response.end(gzipSync(Buffer.alloc(20_000_000, 32)))
      },
      'unavailable',
    ],
    [
      'B067: an answer that breaks off',
      (_request, response) => (response.write('{"a'), response.destroy()),
      'unavailable',
    ],
    ['B069: no access token', json(200, { token_type: 'bearer' }), 'unavailable'],
    ['B069: an access token that is a list', json(200, { ...good, access_token: ['a'] }), 'unavailable'],
    ['B069: an access token that is a number', json(200, { ...good, access_token: 7 }), 'unavailable'],
    [
      'B069: an access token with a line feed',
      json(200, { ...good, access_token: 'a\r\nx: y' }),
      'unavailable',
    ],
    [
      'B069: an access token of 17 KB',
      json(200, { ...good, access_token: 'a'.repeat(17_000) }),
      'unavailable',
    ],
    ['B070: a mac token', json(200, { ...good, token_type: 'mac' }), 'unavailable'],
    ['B070: no token type', json(200, { access_token: 'a' }), 'unavailable'],
    ['a refresh token that is a list', json(200, { ...good, refresh_token: ['r'] }), 'unavailable'],
  ]
  test.each(cases)('%s', async (_name, answer, kind) => {
    expect((await ask(answer)).kind).toBe(kind)
  })

  test.each([301, 302, 303, 307, 308])(
    'B068: a redirect by %i is not followed: it would carry the secret along',
    async (status) => {
      const outcome = await ask((_request, response) => {
        response.writeHead(status, { location: `${origin}/elsewhere` })
        response.end()
      })
      expect(outcome).toEqual({ kind: 'misconfigured', error: 'provider_redirected' })
      expect(seen.map(({ url }) => url)).toEqual(['/token'])
    },
  )

  test('a server that is not there', async () => {
    const client = clientOf(quickbooks.auth)
    const nowhere = { ...client, auth: { ...client.auth, tokenUrl: 'http://127.0.0.1:1/token' } }
    expect(await refreshGrant(nowhere, 'refresh-canary', deps)).toEqual({
      kind: 'unavailable',
      error: 'network',
    })
  })
})

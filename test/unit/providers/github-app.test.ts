import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { githubApp } from '#lib/providers/github-app.ts'
import { givenOAuth, type GivenOAuth } from '#test/fakes/given-oauth.ts'
import { givenTokens, type Answer } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'github-app')
})
afterAll(() => tables.close())

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs1' }) as string
const privateKey = { pem: new Secret(pem) }

/** As GitHub answers: an instant in seconds, no `token_type`. */
const tokenAnswer = (expiresAt: number, token = 'ghs_canary') =>
  Response.json(
    {
      token,
      expires_at: new Date(expiresAt).toISOString().replace('.000', ''),
      permissions: { contents: 'read', issues: 'write' },
      repository_selection: 'selected',
    },
    { status: 201 },
  )

describe('an installation', () => {
  const installations = (ids: readonly number[]) =>
    Response.json({ total_count: ids.length, installations: ids.map((id) => ({ id })) })

  async function given(list: (page: string) => Response, token?: () => Response) {
    const routed: Request[] = []
    const worker: GivenOAuth = await givenOAuth(tables, {
      provider: 'github-app',
      privateKey,
      route: (request) => {
        const url = new URL(request.url)
        if (url.host !== 'api.github.com') return undefined
        routed.push(request)
        if (url.pathname === '/user/installations') return list(url.searchParams.get('page') ?? '')
        return token?.() ?? tokenAnswer(worker.clock.now() + 3_600_000)
      },
    })
    return { worker, routed }
  }

  async function back(worker: GivenOAuth, more: Record<string, string>, link = {}) {
    const { authorize, cookie, state } = await worker.open({ scopes: [], ...link })
    const query = new URLSearchParams({ code: worker.consent(authorize), state, ...more }).toString()
    const answer = await worker.get(`/oauth/github-app/callback?${query}`, { cookie })
    return { authorize, status: answer.status, connections: (await worker.connections()).connections }
  }

  test('begins where the App is installed, with nothing but the state', async () => {
    const { worker } = await given(() => installations([42]))
    const { authorize, state } = await worker.open({ scopes: [] })
    expect(authorize.pathname).toBe('/apps/%7Bslug%7D/installations/new')
    expect(Object.fromEntries(authorize.searchParams)).toEqual({ state })
  })

  test('is a connection of its own, its token asked for by the App itself', async () => {
    const { worker, routed } = await given(() => installations([7, 42]))
    const { connections } = await back(worker, { installation_id: '42', setup_action: 'install' })
    expect(connections).toMatchObject([
      { account: '42', state: 'active', scopes: ['contents:read', 'issues:write'] },
    ])
    expect(connections[0]?.refreshAt).toBeDefined()
    expect(worker.exchanges[0]?.has('redirect_uri')).toBe(false)
    const [proof, asked] = routed
    expect(proof?.headers.get('authorization')).toBe('Bearer access-canary-1')
    expect(`${asked?.method} ${asked?.url}`).toBe(
      'POST https://api.github.com/app/installations/42/access_tokens',
    )
    const jwt = asked?.headers.get('authorization')?.replace('Bearer ', '') ?? ''
    const currentDate = new Date(worker.clock.now())
    const { payload } = await jwtVerify(jwt, pair.publicKey, { issuer: 'client', currentDate })
    const now = Math.floor(worker.clock.now() / 1_000)
    expect(payload.iat).toBe(now - 60)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600)
    // Who came is known by now: their own tokens are not kept.
    expect(worker.revoked).toEqual(['access-canary-1'])
    expect(worker.lines.join()).not.toMatch(/canary/)
  })

  test('that is not among those of its user is nobody’s: its id in the address proves nothing', async () => {
    const { worker, routed } = await given(() => installations([7]))
    const { status, connections } = await back(worker, { installation_id: '42' })
    expect(status).toBe(400)
    expect(connections).toEqual([])
    expect(routed.map(({ method }) => method)).toEqual(['GET'])
    expect(worker.revoked).toEqual(['access-canary-1'])
  })

  test('is found on a later page of the list', async () => {
    const many = Array.from({ length: 100 }, (_, id) => id + 1_000)
    const { worker, routed } = await given((page) => installations(page === '1' ? many : [42]))
    expect((await back(worker, { installation_id: '42' })).connections).toHaveLength(1)
    expect(routed.filter(({ method }) => method === 'GET')).toHaveLength(2)
  })

  test.each([
    ['no installation, only a request for one', () => installations([42]), { setup_action: 'request' }],
    ['a list that does not come', () => new Response('', { status: 503 }), { installation_id: '42' }],
    ['a path for an id', () => installations([42]), { installation_id: '42/../7' }],
  ])('with %s connects nothing', async (_name, list, more) => {
    const { worker } = await given(list)
    const { status, connections } = await back(worker, more)
    expect(status).toBe(400)
    expect(connections).toEqual([])
    expect(worker.revoked).toHaveLength(1)
  })

  test('is connected again only as the same', async () => {
    const { worker } = await given(() => installations([7, 42]))
    expect((await back(worker, { installation_id: '42' }, { account: '7' })).connections).toEqual([])
    expect((await back(worker, { installation_id: '7' }, { account: '7' })).connections).toHaveLength(1)
  })

  test('whose token does not come is no connection', async () => {
    const { worker } = await given(
      () => installations([42]),
      () => new Response('', { status: 503 }),
    )
    expect((await back(worker, { installation_id: '42' })).connections).toEqual([])
  })
})

describe('its token', () => {
  const given = (answer: Answer) =>
    givenTokens(tables, 'github-app', answer, { provider: 'github-app', auth: githubApp.auth, privateKey })
  const connect = (worker: ReturnType<typeof given>) =>
    worker.connect({
      account: '42',
      lifetimeSeconds: 3_600,
      refreshToken: undefined,
      grant: { isRenewable: true },
    })

  test('is asked for once an expiry, by one of all workers', async () => {
    const tokens: Answer = (call, _body, _asked) => tokenAnswer(first.clock.now() + 3_600_000, `next-${call}`)
    const first = given(tokens)
    const second = given(tokens)
    const connection = await connect(first)
    await second.get(connection)
    for (const worker of [first, second]) await worker.clock.advance(3_000_000)
    expect(await first.get(connection)).toBe('next-1')
    expect(await second.get(connection)).toBe('next-1')
    expect(first.requests).toHaveLength(1)
    expect(second.requests).toEqual([])
    expect((await first.deps.vault.get(connection.tenant, connection.id))?.expiresAt).toBe(
      first.clock.now() + 3_600_000,
    )
  })

  test('lives an hour whatever a clock makes of its end', async () => {
    for (const expiresAt of [0, 4_000_000_000_000]) {
      const worker = given(() => tokenAnswer(expiresAt))
      const connection = await connect(worker)
      await worker.get(connection, 'access-1')
      const stands = await worker.deps.vault.get(connection.tenant, connection.id)
      expect(stands?.expiresAt).toBe(worker.clock.now() + 3_600_000)
    }
  })

  test.each([
    [404, 'Not Found', 'installation_gone'],
    [403, 'This installation has been suspended', 'installation_suspended'],
  ])('under %i %s needs its owner', async (status, message, cause) => {
    const worker = given(() => Response.json({ message }, { status }))
    const connection = await connect(worker)
    expect(await worker.get(connection, 'access-1')).toEqual({ kind: 'needs_reauth', cause })
    expect(worker.announced).toEqual([{ type: 'connection.needs_reauth', id: connection.id }])
  })

  test('whose installation is gone says so, also after a failure that left things open', async () => {
    const worker = given((call) =>
      call === 1
        ? new Response('', { status: 503 })
        : Response.json({ message: 'Not Found' }, { status: 404 }),
    )
    const connection = await connect(worker)
    await worker.get(connection, 'access-1')
    await worker.clock.advance(1_000)
    expect(await worker.get(connection, 'access-1')).toEqual({
      kind: 'needs_reauth',
      cause: 'installation_gone',
    })
  })

  test.each([
    ['an App that is not known', 404, 'Integration not found', {}],
    ['a key that is not its own', 401, 'A JSON web token could not be decoded', {}],
    ['too many requests', 403, 'You have exceeded a secondary rate limit', {}],
    ['too many requests, by a header', 403, 'Forbidden', { 'retry-after': '60' }],
    ['a server that is not well', 502, 'Server Error', {}],
    ['a no without a reason', 403, 'Resource not accessible by integration', {}],
  ])('that does not come for %s costs no connection', async (_name, status, message, headers) => {
    const worker = given(() => Response.json({ message }, { status, headers }))
    const connection = await connect(worker)
    expect(await worker.get(connection, 'access-1')).toMatchObject({ kind: 'unavailable' })
    expect((await worker.deps.vault.get(connection.tenant, connection.id))?.state).toBe('active')
  })

  test.each([{}, { token: 'a b' }, { token: ['x'] }])('that is none is not kept: %j', async (answer) => {
    const worker = given(() => Response.json(answer, { status: 201 }))
    const connection = await connect(worker)
    expect(await worker.get(connection, 'access-1')).toEqual({
      kind: 'unavailable',
      error: 'provider_bad_response',
    })
  })
})

describe('its registration', () => {
  const registered = async (stored: object) =>
    secretsManagerClients({
      client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
      stage: 'dev',
      fromEnvironment: () => undefined,
      clock: virtualClock(),
      authOf: connectGrantOf,
    })
  const all = {
    GITHUB_APP_CLIENT_ID: 'Iv23',
    GITHUB_APP_CLIENT_SECRET: 's',
    GITHUB_APP_CLIENT_PRIVATE_KEY: pem,
    GITHUB_APP_SLUG: 'acme-sync',
  }

  test.each(Object.keys(all))('is none without %s', async (name) => {
    const clients = await registered({ ...all, [name]: undefined })
    expect(await clients.of('github-app')).toBeUndefined()
  })

  test('with all of them begins at the App’s page', async () => {
    const client = await (await registered(all)).of('github-app')
    expect(client?.auth).toMatchObject({
      authorizeUrl: 'https://github.com/apps/acme-sync/installations/new',
      installation: { tokenUrl: 'https://api.github.com/app/installations/{account}/access_tokens' },
    })
  })

  test.each([
    [
      'tokens of an installation by themselves',
      undefined,
      'https://api.github.com/installation/token',
      'Bearer t',
      '',
    ],
    [
      'tokens of its user by the client',
      githubApp.auth.installation.proof,
      'https://api.github.com/applications/Iv23/token',
      `Basic ${Buffer.from('Iv23:s').toString('base64')}`,
      '{"access_token":"t"}',
    ],
  ])('gives %s back', async (_name, proof, url, authorization, body) => {
    const requests: Request[] = []
    const revoke = revoker({
      clients: await registered(all),
      clock: virtualClock(),
      random: seededRandom(1),
      log: () => {},
      fetch: async (to, init) => (requests.push(new Request(to, init)), new Response(null, { status: 204 })),
    })
    const filled = proof && { ...proof, revokeUrl: proof.revokeUrl.replace('{client_id}', 'Iv23') }
    await revoke(
      { provider: 'github-app', ...(filled && { proof: filled }) },
      { accessToken: 't', tokenType: 'Bearer' },
    )
    const [request] = requests
    expect(`${request?.method} ${request?.url}`).toBe(`DELETE ${url}`)
    expect(request?.headers.get('authorization')).toBe(authorization)
    expect(await request?.text()).toBe(body)
  })
})

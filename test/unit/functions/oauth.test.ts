import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTokens } from '#lib/oauth/token-store.ts'
import { givenOAuth, type GivenOAuth } from '#test/fakes/given-oauth.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

const given = (options?: Parameters<typeof givenOAuth>[1]) => givenOAuth(tables, options)

/** The way back, as the provider sends the browser. */
const back = (
  worker: GivenOAuth,
  query: Record<string, string> | string,
  cookie?: string,
  provider = 'sandbox',
) =>
  worker.get(
    `/oauth/${provider}/callback?${typeof query === 'string' ? query : new URLSearchParams(query).toString()}`,
    cookie === undefined ? {} : { cookie },
  )

const title = async (answer: Response): Promise<string> =>
  /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1] ?? ''
const nothingMade = async (worker: GivenOAuth) => {
  expect((await worker.connections()).connections).toEqual([])
  expect(worker.lines.join()).not.toMatch(/canary|client-secret/)
}

describe('opening a link', () => {
  test('leads to the provider with state, PKCE and its own way back, and leaves one cookie', async () => {
    const worker = await given()
    const answer = await worker.get(`/oauth/sandbox/connect?link=${await worker.link()}`)
    expect(answer.status).toBe(302)
    const { searchParams } = new URL(answer.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: 'https://sluice.test/oauth/sandbox/callback',
      scope: 'openid',
      code_challenge_method: 'S256',
      prompt: 'consent',
    })
    expect(searchParams.get('state')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-sluice-connect-sandbox=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/,
    )
  })

  test('F53: is no failure when the answer of a write is lost and the write is repeated', async () => {
    const { client } = tables
    const twice = {
      async send(command: { readonly constructor: { readonly name: string } }) {
        if (/^(Put|Update)Item/.test(command.constructor.name)) await client.send(command as never)
        return client.send(command as never)
      },
    }
    const worker = await givenOAuth({ ...tables, client: twice as never })
    const { authorize, cookie, state } = await worker.open()
    expect(state).not.toBe('')
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(await title(answer)).toBe('Connected')
  })

  test('B061: works once, also for two at the same time', async () => {
    const worker = await given()
    const path = `/oauth/sandbox/connect?link=${await worker.link()}`
    const answers = await Promise.all([worker.get(path), worker.get(path)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([302, 410])
    expect((await worker.get(path)).status).toBe(410)
  })

  test('an expired one and one that never was are alike', async () => {
    const worker = await given()
    const link = await worker.link()
    await worker.clock.advance(1_800_000)
    for (const id of [link, 'x'.repeat(22)]) {
      const answer = await worker.get(`/oauth/sandbox/connect?link=${id}`)
      expect(answer.status).toBe(410)
      expect(await title(answer)).toBe('This link has expired')
    }
  })

  test('of another provider is none', async () => {
    const worker = await given()
    expect((await worker.get(`/oauth/slack/connect?link=${await worker.link()}`)).status).toBe(410)
  })

  test.each(['redirect_uri', 'client_id', 'scope', 'code_challenge', 'state', 'tenant', 'link'])(
    'B059, B062: what a query says of %s is refused, and the link is still good',
    async (name) => {
      const worker = await given()
      const link = await worker.link()
      expect((await worker.get(`/oauth/sandbox/connect?link=${link}&${name}=x`)).status).toBe(400)
      expect((await worker.get(`/oauth/sandbox/connect?link=${link}`)).status).toBe(302)
    },
  )

  test.each(['nobody', '__proto__', 'constructor', 'leaflink'])(
    'B065: there is nothing to connect at %s',
    async (id) => {
      const worker = await given()
      expect((await worker.get(`/oauth/${id}/connect?link=${'x'.repeat(22)}`)).status).toBe(404)
      expect((await worker.get(`/oauth/${id}/callback?state=x`)).status).toBe(404)
    },
  )
})

describe('coming back', () => {
  test('makes the connection, and its tokens are sealed', async () => {
    const worker = await given()
    const { authorize, cookie, state } = await worker.open()
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
    expect(await title(answer)).toBe('Connected')
    const [made] = (await worker.connections()).connections
    expect(made).toMatchObject({ tenant: 'acme', provider: 'sandbox', account: 'alice', state: 'active' })
    if (!made) throw new Error('nothing was made')
    expect(Buffer.from(made.tokens).toString('latin1')).not.toContain('canary')
    expect(await openTokens(made, worker.deps)).toMatchObject({ refreshToken: 'refresh-canary' })
  })

  test('goes on to where the link says, with the connection', async () => {
    const worker = await given()
    const { authorize, cookie, state } = await worker.open({
      returnTo: 'https://app.example.com/settings/?tab=1',
    })
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(
      /^https:\/\/app\.example\.com\/settings\/\?tab=1&connection=conn_[\w-]{32}&status=active$/,
    )
  })

  test('B060: of a shared link waits to be activated', async () => {
    const worker = await given()
    const { authorize, cookie, state } = await worker.open({ isShared: true })
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(await title(answer)).toBe('Almost there')
    const [made] = (await worker.connections()).connections
    expect(made?.state).toBe('pending')
    expect(await worker.deps.vault.activate('globex', made?.id ?? '')).toBe('lost')
    expect(await worker.deps.vault.activate('acme', made?.id ?? '')).toBe('saved')
  })
})

describe('a provider that gives something else than was asked for, and may', () => {
  test('B072: a scope that holds the one asked for is no less', async () => {
    const scopes = { separator: ' ', default: [], within: { user: ['user:email'] } } as const
    const answer = { scope: 'user' }
    const worker = await given({ answer, auth: { scopes } })
    const { authorize, cookie, state } = await worker.open({ scopes: ['user', 'user:email'] })
    await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect((await worker.connections()).connections[0]?.scopes).toEqual(['user'])
    const other = await given({ answer, auth: { scopes } })
    const again = await other.open({ scopes: ['user', 'repo'] })
    await back(other, { code: other.consent(again.authorize), state: again.state }, again.cookie)
    await nothingMade(other)
  })

  test('B072: more is kept as what it is', async () => {
    const worker = await given({ answer: { scope: 'read write admin' } })
    const { authorize, cookie, state } = await worker.open({ scopes: ['read'] })
    await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect((await worker.connections()).connections[0]?.scopes).toEqual(['read', 'write', 'admin'])
  })

  test('an ID token for several names its account', async () => {
    const worker = await given({ claims: { aud: ['another', 'client'] } })
    const { authorize, cookie, state } = await worker.open()
    await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect((await worker.connections()).connections).toHaveLength(1)
  })
})

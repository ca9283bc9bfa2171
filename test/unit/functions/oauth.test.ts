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

  test('is no failure when the answer of a write is lost and the write is repeated', async () => {
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

  test('B048, F52: twice at the same time exchanges once; the second is told so', async () => {
    const worker = await given()
    const { authorize, cookie, state } = await worker.open()
    const query = { code: worker.consent(authorize), state }
    const answers = await Promise.all([back(worker, query, cookie), back(worker, query, cookie)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
    expect(worker.exchanges).toHaveLength(1)
    expect(await title(await back(worker, query, cookie))).toBe('This sign-in is not open')
    expect(worker.exchanges).toHaveLength(1)
  })
})

describe('a way back that did not begin here', () => {
  type Flow = Awaited<ReturnType<GivenOAuth['open']>>
  type Attempt = (worker: GivenOAuth, flow: Flow) => Promise<Response>
  const code = (worker: GivenOAuth, { authorize }: Flow) => worker.consent(authorize)
  const attempts: readonly (readonly [string, Attempt])[] = [
    ['B046: no state', (worker, flow) => back(worker, { code: code(worker, flow) }, flow.cookie)],
    [
      'B047: a state that never was',
      (worker, flow) => back(worker, { code: code(worker, flow), state: 'A'.repeat(43) }, flow.cookie),
    ],
    ['B049: no cookie', (worker, flow) => back(worker, { code: code(worker, flow), state: flow.state })],
    [
      "B050: another browser's cookie",
      async (worker, flow) =>
        back(worker, { code: code(worker, flow), state: flow.state }, (await worker.open()).cookie),
    ],
    [
      'B050: two cookies of the name',
      async (worker, flow) =>
        back(
          worker,
          { code: code(worker, flow), state: flow.state },
          `${(await worker.open()).cookie}; ${flow.cookie}`,
        ),
    ],
    [
      'B051: the way back of another provider',
      (worker, flow) =>
        back(
          worker,
          { code: code(worker, flow), state: flow.state },
          flow.cookie.replace('connect-sandbox', 'connect-slack'),
          'slack',
        ),
    ],
    [
      'B052: two states',
      (worker, { state, cookie }) => back(worker, `state=${state}&state=${state}&code=c`, cookie),
    ],
    [
      'B052: a state that is a list',
      (worker, { state, cookie }) => back(worker, `state[]=${state}&code=c`, cookie),
    ],
    [
      'B052: a state of 10 KB',
      (worker, { cookie }) => back(worker, `state=${'A'.repeat(10_000)}&code=c`, cookie),
    ],
    ['B053: two codes', (worker, { state, cookie }) => back(worker, `state=${state}&code=a&code=b`, cookie)],
    [
      'B053: a code of 100 KB',
      (worker, { state, cookie }) => back(worker, `state=${state}&code=${'a'.repeat(100_000)}`, cookie),
    ],
  ]
  test.each(attempts)(
    '%s is refused, asks the provider nothing, and uses nothing up',
    async (_name, attempt) => {
      const worker = await given()
      const flow = await worker.open()
      const answer = await attempt(worker, flow)
      expect(answer.status).toBe(400)
      expect(worker.exchanges).toEqual([])
      await nothingMade(worker)
      // The browser that began it can still finish.
      const right = await back(
        worker,
        { code: worker.consent(flow.authorize), state: flow.state },
        flow.cookie,
      )
      expect(await title(right)).toBe('Connected')
    },
  )

  test('B047: after ten minutes it is over', async () => {
    const worker = await given()
    const { authorize, cookie, state } = await worker.open()
    await worker.clock.advance(600_000)
    expect((await back(worker, { code: worker.consent(authorize), state }, cookie)).status).toBe(400)
    expect(worker.exchanges).toEqual([])
  })

  test('B063: by POST is not taken', async () => {
    const worker = await given()
    const { state, cookie } = await worker.open()
    void state
    const app = await import('#functions/oauth/app.ts')
    const answer = await app.oauthApp(worker.deps).request('https://sluice.test/oauth/sandbox/callback', {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: `state=${state}&code=c`,
    })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET')
  })
})

describe('a provider that does not give what was asked for', () => {
  test('B054: the user said no: nothing of what it says is shown, and the state is used', async () => {
    const worker = await given()
    const { cookie, state } = await worker.open()
    const answer = await back(
      worker,
      { error: 'access_denied', error_description: '<script>x</script>', state },
      cookie,
    )
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('script>x')
    expect(worker.exchanges).toEqual([])
    expect(await title(await back(worker, { code: 'c', state }, cookie))).toBe('This sign-in is not open')
  })

  test.each([
    ['no code', {}],
    ['B053: an empty code', { code: '' }],
    ['B053: a code with spaces', { code: 'a b' }],
    ['B056: a code and an error', { code: 'c', error: 'access_denied' }],
  ])('%s exchanges nothing', async (_name, more) => {
    const worker = await given()
    const { cookie, state } = await worker.open()
    expect((await back(worker, { state, ...more }, cookie)).status).toBe(400)
    expect(worker.exchanges).toEqual([])
    await nothingMade(worker)
  })

  test.each([
    ['missing', {}],
    ['another', { iss: 'https://evil.example' }],
  ])('B055: an issuer that is %s is refused where the provider names one', async (_name, more) => {
    const worker = await given({ auth: { issuer: 'https://sandbox.example' } })
    const { authorize, cookie, state } = await worker.open()
    expect((await back(worker, { code: worker.consent(authorize), state, ...more }, cookie)).status).toBe(400)
    expect(worker.exchanges).toEqual([])
  })

  test("B057: another browser's code does not fit this one's verifier", async () => {
    const worker = await given()
    const [attacker, victim] = [await worker.open(), await worker.open()]
    const stolen = worker.consent(attacker.authorize)
    const answer = await back(worker, { code: stolen, state: victim.state }, victim.cookie)
    expect(await title(answer)).toBe('Not connected')
    expect(worker.exchanges).toHaveLength(1)
    await nothingMade(worker)
  })

  test('B072: less access than was asked for is given back and not kept', async () => {
    const worker = await given({ answer: { scope: 'read' } })
    const { authorize, cookie, state } = await worker.open({ scopes: ['read', 'write', 'openid'] })
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(await title(answer)).toBe('Some access is missing')
    expect(worker.revoked).toHaveLength(1)
    await nothingMade(worker)
  })

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

  test('another account than the one that was to be connected again is given back', async () => {
    const worker = await given({ account: 'mallory' })
    const { authorize, cookie, state } = await worker.open({ account: 'alice' })
    const answer = await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect(await title(answer)).toBe('That was another account')
    expect(worker.revoked).toHaveLength(1)
    await nothingMade(worker)
  })

  test.each([
    ['for another client', { aud: 'another' }],
    ['for others', { aud: ['another', 'a third'] }],
    ['for nobody', { aud: undefined }],
    ['that is over', { exp: 1 }],
    ['without an end', { exp: undefined }],
    ['whose end is text', { exp: '4000000000' }],
  ])('an ID token %s names no account', async (_name, claims) => {
    const worker = await given({ claims })
    const { authorize, cookie, state } = await worker.open()
    expect((await back(worker, { code: worker.consent(authorize), state }, cookie)).status).toBe(400)
    expect(worker.revoked).toHaveLength(1)
    await nothingMade(worker)
  })

  test('an ID token for several names its account', async () => {
    const worker = await given({ claims: { aud: ['another', 'client'] } })
    const { authorize, cookie, state } = await worker.open()
    await back(worker, { code: worker.consent(authorize), state }, cookie)
    expect((await worker.connections()).connections).toHaveLength(1)
  })

  test('an answer that names no account is given back', async () => {
    const worker = await given({ answer: { id_token: 'h.e30.s' } })
    const { authorize, cookie, state } = await worker.open()
    expect((await back(worker, { code: worker.consent(authorize), state }, cookie)).status).toBe(400)
    expect(worker.revoked).toHaveLength(1)
  })
})

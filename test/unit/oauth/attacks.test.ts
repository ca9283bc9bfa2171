import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectLink } from '#lib/oauth/connect-store.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { discoverer } from '#lib/oauth/discovery.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { givenAdmin } from '#test/fakes/given-admin.ts'
import { givenOAuth, type GivenOAuth, type OpenFlow } from '#test/fakes/given-oauth.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

// G28: every attack on connecting, in one place. Each is one request, or a few, against the real flow with its table.

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

/** A deployment, and the browser of a victim on its way to the provider. */
interface Scene extends OpenFlow {
  readonly worker: GivenOAuth
  /** What the provider answers by way of the victim's browser. */
  readonly code: string
}

type Query = Readonly<Record<string, string>> | string

interface Attack {
  readonly name: string
  /** Answers with what the attack got to see last. */
  readonly attack: (scene: Scene) => Promise<Response>
  /** Default: 400. */
  readonly status?: number
  /** Requests to the token endpoint, over the whole of it. Default: none. */
  readonly calls?: number
  /** Connections there are in the end. Default: none. */
  readonly made?: number
  /** Grants that were given back. Default: none. */
  readonly revoked?: number
  readonly world?: Parameters<typeof givenOAuth>[1]
  readonly link?: Partial<ConnectLink>
  /** Nothing was used up: the browser that began it can still finish. */
  readonly harmless?: true
}

const callback = (
  { worker }: Pick<Scene, 'worker'>,
  query: Query,
  headers: Readonly<Record<string, string>> = {},
  provider = 'sandbox',
): Promise<Response> => {
  const text = typeof query === 'string' ? query : new URLSearchParams(query).toString()
  return worker.get(`/oauth/${provider}/callback?${text}`, headers)
}
const brought = ({ code, state }: Scene): Query => ({ code, state })
/** The way back with something more in it, or instead. */
const withMore =
  (more: Query): Attack['attack'] =>
  (scene) => {
    const { code, state, cookie } = scene
    const query = typeof more === 'string' ? `state=${state}&${more}` : { code, state, ...more }
    return callback(scene, query, { cookie })
  }
const right = withMore({})
const title = async (answer: Response): Promise<string> =>
  /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1] ?? ''

const evil = 'https://evil.example'
const issuer = 'https://sandbox.example'
const strict = { auth: { issuer } }
const big = 'A'.repeat(10_000)

describe('G28', () => {
  const otherBrowsers: readonly Attack[] = [
    {
      name: 'B046: a way back without a state',
      attack: (scene) => callback(scene, { code: scene.code }, { cookie: scene.cookie }),
    },
    {
      name: 'B047: a state that never was',
      attack: withMore({ state: 'A'.repeat(43) }),
    },
    {
      name: "B049: login CSRF: the attacker's way back in the victim's browser, which has no cookie",
      attack: (scene) => callback(scene, { code: scene.code, state: scene.state }),
    },
    {
      name: 'B050: session fixation: the attacker opens a link and sends on where it led; the victim consents',
      attack: async (scene) => {
        const attackers = await scene.worker.open()
        const victims = scene.worker.consent(attackers.authorize)
        return callback(scene, { code: victims, state: attackers.state }, { cookie: scene.cookie })
      },
    },
    {
      name: "B050: the victim's way back, stolen, in the attacker's browser",
      attack: async (scene) => {
        const { cookie } = await scene.worker.open()
        return callback(scene, { code: scene.code, state: scene.state }, { cookie })
      },
    },
    {
      name: 'B050: cookie tossing: a second cookie of the name',
      attack: async (scene) => {
        const { cookie } = await scene.worker.open()
        return callback(scene, brought(scene), { cookie: `${cookie}; ${scene.cookie}` })
      },
    },
    ...(
      [
        [
          'without its prefix, as a neighbouring domain can set it',
          (it: string) => it.replace('__Host-', ''),
        ],
        ['with its prefix in small letters', (it: string) => it.replace('__Host-', '__host-')],
        ['without a name, so that its value reads like one', (it: string) => `=${it}`],
        ['in quotes', (it: string) => it.replace(/=(.*)$/, '="$1"')],
      ] as const
    ).map(([how, change]): Attack => ({
      name: `B050: cookie tossing: the cookie ${how}`,
      attack: (scene) =>
        callback(scene, { code: scene.code, state: scene.state }, { cookie: change(scene.cookie) }),
    })),
    {
      name: 'B051: the cookie of a flow with another provider',
      attack: async (scene) => {
        const { worker } = scene
        const other = await worker.openLink(await worker.link({ provider: 'oidc' }), 'oidc')
        return callback(scene, brought(scene), { cookie: other.cookie.replace('-oidc=', '-sandbox=') })
      },
    },
    {
      name: 'B051: COAT: a state of one provider on the way back of another',
      attack: (scene) =>
        callback(scene, brought(scene), { cookie: scene.cookie.replace('-sandbox=', '-slack=') }, 'slack'),
    },
    {
      name: "B051: mix-up: the attacker's provider sends the browser on to the honest one",
      attack: async (scene) => {
        const { worker } = scene
        // The user chose the attacker's provider; its state comes back with the honest one's code.
        const begun = await worker.openLink(await worker.link({ provider: 'oidc' }), 'oidc')
        return callback(scene, { code: scene.code, state: begun.state }, { cookie: begun.cookie })
      },
    },
  ]

  const malformed: readonly Attack[] = (
    [
      ['B052: two states', ({ state }) => `state=${state}&state=${state}&code=c`],
      ['B052: a second state', ({ state }) => `state=${state}&state=${'A'.repeat(43)}&code=c`],
      ['B052: a state that is a list', ({ state }) => `state[]=${state}&code=c`],
      ['B052: a state of 10 KB', () => `state=${big}&code=c`],
      ['B052: a state with a line feed', ({ state }) => `state=${state}%0A&code=c`],
      ['B052: a state with a NUL', ({ state }) => `state=${state}%00&code=c`],
      ['B053: two codes', ({ state }) => `state=${state}&code=a&code=b`],
      ['B053: a code of 100 KB', ({ state }) => `state=${state}&code=${big.repeat(10)}`],
      ['B055: two issuers', ({ state }) => `state=${state}&code=c&iss=${issuer}&iss=${evil}`],
      ['B054: two errors', ({ state }) => `state=${state}&error=a&error=b`],
    ] as const satisfies readonly (readonly [string, (scene: Scene) => string])[]
  ).map(([name, query]) => ({
    name: `parameter pollution: ${name}`,
    attack: (scene) => callback(scene, query(scene), { cookie: scene.cookie }),
  }))

  const untaken: readonly Attack[] = [
    ...['iframe', 'frame', 'embed', 'object', 'image', 'script', 'empty'].map((dest): Attack => ({
      name: `B064: clickjacking: the way back as ${dest}`,
      attack: ({ worker, code, state, cookie }) =>
        callback({ worker }, { code, state }, { cookie, 'sec-fetch-dest': dest }),
    })),
    {
      name: 'a browser that fetches the way back ahead of a click',
      attack: ({ worker, code, state, cookie }) =>
        callback({ worker }, { code, state }, { cookie, 'sec-purpose': 'prefetch;prerender' }),
    },
    {
      name: 'B063: response_mode=form_post: a page of another site posts the way back',
      status: 405,
      attack: ({ worker, code, state, cookie }) =>
        worker.get(
          '/oauth/sandbox/callback',
          { cookie },
          { method: 'POST', body: new URLSearchParams({ code, state }) },
        ),
    },
    {
      name: 'a scanner looks at the way back by HEAD',
      status: 405,
      attack: ({ worker, code, state, cookie }) =>
        worker.get(`/oauth/sandbox/callback?code=${code}&state=${state}`, { cookie }, { method: 'HEAD' }),
    },
    ...['__proto__', 'constructor', 'nobody', 'leaflink'].map((provider): Attack => ({
      name: `B065: the way back of ${provider}`,
      status: 404,
      attack: (scene) => callback(scene, brought(scene), { cookie: scene.cookie }, provider),
    })),
  ]

  const harmless = [...otherBrowsers, ...malformed, ...untaken].map((attack): Attack => ({
    ...attack,
    harmless: true,
  }))

  const answers: readonly Attack[] = [
    ...(
      [
        ['B053: an empty code', { code: '' }],
        ['B053: a code with spaces', { code: 'a b' }],
        ['B053: a code with a line feed', { code: 'a\r\nx-evil: 1' }],
        ['B056: a code and an error', { error: 'access_denied' }],
        ['B056: a code and an empty error', { error: '' }],
        ['response_mode=query.jwt: an answer in a token', { response: 'eyJhbGciOiJub25lIn0.e30.' }],
        ['response_type=token: an access token of the attacker', { access_token: 'stolen' }],
        ['response_type=id_token: an ID token of the attacker', { id_token: 'eyJhbGciOiJub25lIn0.e30.' }],
      ] as const
    ).map(([name, more]): Attack => ({ name, attack: withMore(more) })),
    {
      name: 'B054: HTML in what the error says',
      attack: withMore({ error: 'access_denied', error_description: '<script>x</script>' }),
    },
    {
      name: 'B054: HTML in the error itself, and an address to go to',
      attack: withMore({ error: '<script>x</script>', error_uri: evil }),
    },
    ...(
      [
        ['is missing', {}],
        ['is empty', { iss: '' }],
        ['is another', { iss: evil }],
        ['has a slash more', { iss: `${issuer}/` }],
        ['is in capitals', { iss: issuer.toUpperCase() }],
        ['begins like the right one', { iss: `${issuer}.evil.example` }],
      ] as const
    ).map(([how, more]): Attack => ({
      name: `B055: mix-up: the issuer ${how}`,
      world: strict,
      attack: withMore(more),
    })),
    {
      name: 'B055: an error whose issuer is another',
      world: strict,
      attack: withMore({ error: 'access_denied', iss: evil }),
    },
  ]

  const codes: readonly Attack[] = [
    {
      name: "B057: code injection: another browser's code with the victim's state",
      calls: 1,
      attack: async (scene) => {
        const attackers = await scene.worker.open()
        const code = scene.worker.consent(attackers.authorize)
        return callback(scene, { code, state: scene.state }, { cookie: scene.cookie })
      },
    },
    {
      name: 'B057: PKCE downgrade: the challenge is taken out on the way to the provider',
      calls: 1,
      attack: (scene) => {
        const stripped = new URL(scene.authorize)
        stripped.searchParams.delete('code_challenge')
        stripped.searchParams.delete('code_challenge_method')
        return callback(
          scene,
          { code: scene.worker.consent(stripped), state: scene.state },
          { cookie: scene.cookie },
        )
      },
    },
    {
      name: "B057: PKCE substitution: the attacker's challenge instead",
      calls: 1,
      attack: (scene) => {
        const changed = new URL(scene.authorize)
        changed.searchParams.set('code_challenge', 'A'.repeat(43))
        return callback(
          scene,
          { code: scene.worker.consent(changed), state: scene.state },
          { cookie: scene.cookie },
        )
      },
    },
    {
      name: 'B059: a code that was given for another way back',
      calls: 1,
      attack: (scene) => {
        const changed = new URL(scene.authorize)
        changed.searchParams.set('redirect_uri', evil)
        return callback(
          scene,
          { code: scene.worker.consent(changed), state: scene.state },
          { cookie: scene.cookie },
        )
      },
    },
    {
      name: 'B047: replay: the same way back a second time',
      calls: 1,
      made: 1,
      attack: async (scene) => {
        expect((await right(scene)).status).toBe(200)
        return right(scene)
      },
    },
    {
      name: 'B047: replay: the used state with a new code',
      calls: 1,
      made: 1,
      attack: async (scene) => {
        expect((await right(scene)).status).toBe(200)
        const { worker, state, cookie } = scene
        return callback(scene, { code: worker.consent(scene.authorize), state }, { cookie })
      },
    },
    {
      name: 'replay: the used code in a new flow of the same browser',
      calls: 2,
      made: 1,
      attack: async (scene) => {
        expect((await right(scene)).status).toBe(200)
        const { state, cookie } = await scene.worker.open()
        return callback(scene, { code: scene.code, state }, { cookie })
      },
    },
    {
      name: 'B048, F52: race: the same way back twice at the same time',
      calls: 1,
      made: 1,
      attack: async (scene) => {
        const both = await Promise.all([right(scene), right(scene)])
        expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
        return both.find(({ status }) => status === 400) as Response
      },
    },
    {
      name: 'B047: a way back after ten minutes',
      attack: async (scene) => {
        await scene.worker.clock.advance(600_000)
        return right(scene)
      },
    },
  ]

  const token = { access_token: 'access-canary-x', token_type: 'Bearer', refresh_token: 'refresh-canary' }
  type Said = readonly [string, () => Response]
  const says = (body: unknown, init?: ResponseInit) => () => Response.json(body, init)
  const tokenAnswers: readonly Attack[] = (
    [
      ...[301, 302, 303, 307, 308].map((status): Said => [
        `B068: a redirect by ${status}, which would carry the secret along`,
        () => new Response(null, { status, headers: { location: `${evil}/token` } }),
      ]),
      ['B066: an error under 200', says({ error: 'bad_verification_code' })],
      ['B066: ok: false beside tokens', says({ ...token, ok: false })],
      ['B066: an error beside tokens', says({ ...token, error: 'invalid_grant' })],
      ['B067: HTML', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
      ['B067: nothing', () => new Response(null, { status: 204 })],
      ['B067: ten megabytes', () => new Response('x'.repeat(10_000_000))],
      ['B069: no access token', says({ token_type: 'Bearer' })],
      ['B069: an access token with a line feed', says({ ...token, access_token: 'a\r\nx: y' })],
      ['B069: an access token of 17 KB', says({ ...token, access_token: 'a'.repeat(17_000) })],
      ['B069: an access token that is a list', says({ ...token, access_token: ['a'] })],
      ['B070: a mac token', says({ ...token, token_type: 'mac' })],
      ['a prototype instead of tokens', () => new Response('{"__proto__":{"access_token":"a"}}')],
    ] as readonly Said[]
  ).map(([name, tokenAnswer]) => ({
    name: `a malicious token endpoint: ${name}`,
    world: { tokenAnswer },
    calls: 1,
    attack: right,
  }))

  const grants: readonly Attack[] = [
    {
      name: 'B072: scope downgrade: less access than was asked for',
      world: { answer: { scope: 'read' } },
      link: { scopes: ['read', 'write', 'openid'] },
      calls: 1,
      revoked: 1,
      attack: right,
    },
    {
      name: 'a foreign account where another was to be connected again',
      world: { account: 'mallory' },
      link: { account: 'alice' },
      calls: 1,
      revoked: 1,
      attack: right,
    },
    ...(
      [
        ['for another client', { aud: 'another' }],
        ['for others', { aud: ['another', 'a third'] }],
        ['for nobody', { aud: undefined }],
        ['that another party asked for', { aud: ['client', 'another'], azp: 'another' }],
        ['that is over', { exp: 1 }],
        ['without an end', { exp: undefined }],
        ['whose end is text', { exp: '4000000000' }],
        ['without a subject', { sub: undefined }],
        ['whose subject is a list', { sub: ['alice'] }],
        ['whose subject has a line feed', { sub: 'alice\r\nbob' }],
        ['whose subject is 1 KB', { sub: 'a'.repeat(1_024) }],
      ] as const
    ).map(([how, claims]): Attack => ({
      name: `token substitution: an ID token ${how}`,
      world: { claims },
      calls: 1,
      revoked: 1,
      attack: right,
    })),
    ...[undefined, evil, `${issuer}/`].map((iss): Attack => ({
      name: `token substitution: an ID token of the issuer ${iss}`,
      world: { ...strict, claims: { iss } },
      calls: 1,
      revoked: 1,
      attack: withMore({ iss: issuer }),
    })),
    {
      name: 'token substitution: an ID token that is none',
      world: { answer: { id_token: 'h.e30.s' } },
      calls: 1,
      revoked: 1,
      attack: right,
    },
  ]

  const connecting =
    (more: string, headers?: Readonly<Record<string, string>>): Attack['attack'] =>
    async ({ worker }) => {
      const link = await worker.link()
      const answer = await worker.get(`/oauth/sandbox/connect?link=${link}${more}`, headers)
      // The link is still good for whom it was made.
      expect((await worker.get(`/oauth/sandbox/connect?link=${link}`)).status).toBe(302)
      return answer
    }
  const links: readonly Attack[] = [
    ...['redirect_uri', 'client_id', 'scope', 'code_challenge', 'state', 'return_to', 'issuer'].map(
      (name): Attack => ({
        name: `B059: a link that is given a ${name}`,
        attack: connecting(`&${name}=${encodeURIComponent(evil)}`),
      }),
    ),
    { name: 'B062: a link that is given another tenant', attack: connecting('&tenant=globex') },
    { name: 'B062: a link beside a second one', attack: connecting(`&link=${'x'.repeat(22)}`) },
    { name: 'B064: a link in a frame', attack: connecting('', { 'sec-fetch-dest': 'iframe' }) },
    { name: 'a link that is fetched ahead', attack: connecting('', { 'sec-purpose': 'prefetch' }) },
    {
      name: 'a link that a scanner looks at by HEAD',
      status: 405,
      attack: async ({ worker }) => {
        const path = `/oauth/sandbox/connect?link=${await worker.link()}`
        const answer = await worker.get(path, {}, { method: 'HEAD' })
        expect((await worker.get(path)).status).toBe(302)
        return answer
      },
    },
    {
      name: 'B061: a link that was used',
      status: 410,
      attack: async ({ worker, linkId }) => worker.get(`/oauth/sandbox/connect?link=${linkId}`),
    },
    {
      name: 'an expired link',
      status: 410,
      attack: async ({ worker }) => {
        const link = await worker.link()
        await worker.clock.advance(1_800_000)
        return worker.get(`/oauth/sandbox/connect?link=${link}`)
      },
    },
    {
      name: 'a link of another provider',
      status: 410,
      attack: async ({ worker }) => worker.get(`/oauth/slack/connect?link=${await worker.link()}`),
    },
    {
      name: 'a link by its name in the API, which opens nothing',
      status: 410,
      attack: async ({ worker }) => {
        const { linkName } = await import('#lib/oauth/connect-store.ts')
        return worker.get(`/oauth/sandbox/connect?link=${linkName(await worker.link())}`)
      },
    },
    {
      name: 'B075: metadata that another has put in the place of the issuer’s',
      status: 503,
      attack: async ({ worker }) => {
        const stored = { SANDBOX_CLIENT_ID: 'id', SANDBOX_CLIENT_SECRET: 's', SANDBOX_ISSUER: issuer }
        const { clock, log } = worker.deps
        const document = { issuer: evil, authorization_endpoint: `${evil}/a`, token_endpoint: `${evil}/t` }
        const clients = secretsManagerClients({
          client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
          stage: 'dev',
          authOf: connectGrantOf,
          fromEnvironment: () => undefined,
          clock,
          locate: discoverer({ clock, log, fetch: async () => Response.json(document) }),
        })
        const known = worker.deps.clients
        Object.assign(worker.deps, { clients })
        const path = `/oauth/sandbox/connect?link=${await worker.link()}`
        const answer = await worker.get(path)
        Object.assign(worker.deps, { clients: known })
        expect((await worker.get(path)).status).toBe(302)
        return answer
      },
    },
  ]

  const attacks = [...harmless, ...answers, ...codes, ...tokenAnswers, ...grants, ...links]

  test.each(attacks)('$name is refused', async (attack) => {
    const { calls = 0, made = 0, revoked = 0, status = 400 } = attack
    const worker = await givenOAuth(tables, attack.world)
    const flow = await worker.open(attack.link)
    const scene = { ...flow, worker, code: worker.consent(flow.authorize) }

    const answer = await attack.attack(scene)

    expect(answer.status).toBe(status)
    expect(worker.exchanges).toHaveLength(calls)
    expect((await worker.connections()).connections).toHaveLength(made)
    expect(worker.revoked).toHaveLength(revoked)
    await expectNothingSaid(answer, scene)
    if (attack.harmless) expect(await title(await right(scene))).toBe('Connected')
  })

  test('is at least 25 attacks, and no two of one name', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length)
    expect(attacks.length).toBeGreaterThanOrEqual(25)
  })
})

/** No page, header or line of a log repeats what came in, or lets it be framed or sent on as a referrer. */
async function expectNothingSaid(answer: Response, { worker, code, state, cookie }: Scene): Promise<void> {
  expect(answer.headers.get('location')).toBeNull()
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
  expect(answer.headers.get('x-frame-options')).toBe('DENY')
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  const value = cookie.slice(cookie.indexOf('=') + 1)
  for (const text of [await answer.clone().text(), worker.lines.join('\n')]) {
    expect(text).not.toMatch(/<script|canary|client-secret/)
    for (const secret of [code, state, value]) expect(text).not.toContain(secret)
  }
}

const returns = [
  'https://evil.example',
  '//evil.example',
  String.raw`/\evil.example`,
  '/\t/evil.example',
  'https://app.example.com@evil.example/settings/',
  'https://user@app.example.com/settings/',
  'https://app.example.com.evil.example/settings/',
  String.raw`https://app.example.com\@evil.example/settings/`,
  'https://app.example.com/settings/../admin',
  'https://app.example.com/settings/%2Fevil.example',
  'https://app.example.com/settings/%5Cevil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '%2F%2Fevil.example',
]
describe('B058: open redirect', () => {
  test.each(returns)('%j makes no link', async (returnTo) => {
    const admin = await givenAdmin(tables)
    const answer = await admin.api('/api/connect-links', { provider: 'sandbox', tenant: 'acme', returnTo })
    expect(answer.status).toBe(400)
  })

  test.each(returns)('%j in a link that was made all the same leads nowhere', async (returnTo) => {
    const worker = await givenOAuth(tables)
    const flow = await worker.open({ returnTo })
    const answer = await right({ ...flow, worker, code: worker.consent(flow.authorize) })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('location')).toBeNull()
    expect(await title(answer)).toBe('Connected')
  })
})

describe('what a request says of itself', () => {
  test.each(['host', 'x-forwarded-host', 'forwarded', 'origin', 'referer'])(
    'in %s changes no address that the browser is sent to',
    async (name) => {
      const worker = await givenOAuth(tables)
      const path = `/oauth/sandbox/connect?link=${await worker.link()}`
      const location = (await worker.get(path, { [name]: 'evil.example' })).headers.get('location') ?? ''
      expect(location).not.toContain('evil')
      expect(new URL(location).searchParams.get('redirect_uri')).toBe(
        'https://sluice.test/oauth/sandbox/callback',
      )
    },
  )

  test('the way to the provider leaks no cookie and no verifier, and keeps its referrer to itself', async () => {
    const worker = await givenOAuth(tables)
    const answer = await worker.get(`/oauth/sandbox/connect?link=${await worker.link()}`)
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    const value = /=([\w-]{43});/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? 'none'
    const location = answer.headers.get('location') ?? ''
    expect(location).not.toContain(value)
    expect(location).not.toContain('link=')
    expect(new URL(location).searchParams.get('code_challenge_method')).toBe('S256')
  })
})

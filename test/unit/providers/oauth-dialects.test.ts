import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appGrant } from '#lib/oauth/app-grants.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { appGrantOf, connectGrantOf } from '#lib/oauth/grant-of.ts'
import { openTokens } from '#lib/oauth/token-store.ts'
import { days, later } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { ConnectGrant } from '#lib/providers/auth.ts'
import { providers } from '#lib/providers/catalog.ts'
import { quickbooks } from '#lib/providers/quickbooks.ts'
import { givenOAuth } from '#test/fakes/given-oauth.ts'
import { givenTokens } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'dialects')
})
afterAll(() => tables.close())

/** Connects by a provider's own declaration; `answer` is what its token endpoint says over a plain one. */
async function connected(provider: string, answer: object, query: Record<string, string> = {}) {
  const requests: Request[] = []
  const worker = await givenOAuth(tables, {
    provider,
    answer,
    route: (request) => (requests.push(request), undefined),
  })
  const { authorize, cookie, state } = await worker.open({ scopes: [] })
  const parameters = new URLSearchParams({ code: worker.consent(authorize), state, ...query })
  await worker.get(`/oauth/${provider}/callback?${parameters.toString()}`, { cookie })
  const [connection] = (await worker.connections()).connections
  return { worker, authorize, requests, connection }
}

describe('QuickBooks', () => {
  /** As the SDK's fixture has it. */
  const answer = {
    token_type: 'bearer',
    expires_in: 3_600,
    x_refresh_token_expires_in: 8_726_400,
    id_token: undefined,
  }
  const hard = { ...answer, x_refresh_token_hard_expires_in: 156_032_154 }
  const realm = { realmId: '4620816365' }

  test('is asked when the whole grant ends, with the code as with a refresh token', async () => {
    const { requests } = await connected('quickbooks', hard, realm)
    const worker = givenTokens(tables, 'dialects', () => Response.json({ access_token: 'next', ...hard }), {
      auth: quickbooks.auth,
    })
    await worker.get(await worker.connect({ account: '1' }), 'access-1')
    for (const request of [requests[0], worker.requests[0]])
      expect(request?.headers.get('x-include-refresh-token-hard-expires-in')).toBe('true')
  })

  test('says it: that is the end of the connection', async () => {
    const { connection, worker } = await connected('quickbooks', hard, realm)
    expect(connection).toMatchObject({
      account: '4620816365',
      hardExpiresAt: later(worker.clock.now(), 156_032_154_000),
      refreshExpiresAt: later(worker.clock.now(), 8_726_400_000),
    })
  })

  test('does not say it: then it is five years', async () => {
    const { connection, worker } = await connected('quickbooks', answer, realm)
    expect(connection?.hardExpiresAt).toBe(later(worker.clock.now(), days(1_825)))
  })

  test('says it again with each refresh: an end that is the same moves by no second, so that it is announced once', async () => {
    let left = 156_032_154
    const worker = givenTokens(
      tables,
      'dialects',
      (call) =>
        Response.json({ access_token: `a-${call}`, ...answer, x_refresh_token_hard_expires_in: left }),
      { auth: quickbooks.auth },
    )
    const connection = await worker.connect({ account: '1', grant: { hardLifetimeSeconds: left } })
    const known = connection.hardExpiresAt
    const now = async () => (await worker.deps.vault.get(connection.tenant, connection.id))?.hardExpiresAt
    left -= 7
    await worker.get(connection, 'access-1')
    expect(await now()).toBe(known)
    // The user has consented anew, at Intuit.
    left += 86_400 * 30
    await worker.get(connection, 'a-1')
    expect(await now()).toBe(later(worker.clock.now(), left * 1_000))
  })

  test('keeps whose ID token came, to know another', async () => {
    const { connection, worker } = await connected('quickbooks', { token_type: 'bearer' }, realm)
    const tokens = connection && (await openTokens(connection, worker.deps))
    expect(tokens?.subject).toBe('alice')
  })
})

describe('Google', () => {
  test.each(['gmail', 'google-calendar', 'google-drive'])(
    '%s: asks for what makes it give a refresh token, and for what was granted before',
    async (provider) => {
      const { authorize, connection } = await connected(provider, {})
      expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
        access_type: 'offline',
        prompt: 'consent',
        include_granted_scopes: 'true',
        code_challenge_method: 'S256',
      })
      expect(connection?.account).toBe('alice')
    },
  )
})

describe('Stripe Connect', () => {
  test('keeps which account it is, whether its money is real, and its publishable key', async () => {
    const { connection, worker, requests } = await connected('stripe', {
      token_type: 'bearer',
      scope: 'read_write',
      livemode: false,
      stripe_user_id: 'acct_1FpmGJ',
      stripe_publishable_key: 'pk_test_1',
      expires_in: undefined,
      id_token: undefined,
    })
    expect(connection).toMatchObject({ account: 'acct_1FpmGJ' })
    // Its tokens do not run out.
    expect(connection?.expiresAt).toBeUndefined()
    expect(connection && (await openTokens(connection, worker.deps)).extras).toEqual({
      publishable_key: 'pk_test_1',
      livemode: 'false',
    })
    expect(new URLSearchParams(await requests[0]?.text()).get('client_secret')).toBe('client-secret')
  })
})

describe('Auth0', () => {
  const registered = (stored: object, authOf: (provider: string) => never) =>
    secretsManagerClients({
      client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
      stage: 'dev',
      fromEnvironment: () => undefined,
      clock: virtualClock(),
      authOf,
    }).of('auth0')
  const stored = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 's', AUTH0_DOMAIN: 'shop.eu.auth0.com' }
  const audience = { AUTH0_AUDIENCE: 'https://api.shop.example' }

  test('is asked for a token of the API that the operator names', async () => {
    const client = await registered({ ...stored, ...audience }, connectGrantOf as never)
    expect(client?.auth).toMatchObject({ authorizeParams: { audience: 'https://api.shop.example' } })
  })

  test('and for none where nobody names one', async () => {
    const client = await registered(stored, connectGrantOf as never)
    expect(client?.auth).toHaveProperty('clientAuth', 'body')
    expect(client?.auth).toHaveProperty('authorizeParams', {})
  })

  test('gives this deployment tokens of its own, for that API', async () => {
    const asked: Request[] = []
    const client = await registered({ ...stored, ...audience }, appGrantOf as never)
    const outcome = await appGrant(client as never, {
      clock: virtualClock(),
      random: seededRandom(1),
      fetch: (async (url: string, init: RequestInit) => {
        asked.push(new Request(url, { ...init, signal: null }))
        return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 86_400 })
      }) as typeof fetch,
    })
    expect(outcome).toMatchObject({ kind: 'granted', grant: { lifetimeSeconds: 86_400 } })
    expect(asked[0]?.url).toBe('https://shop.eu.auth0.com/oauth/token')
    expect(Object.fromEntries(new URLSearchParams(await asked[0]?.text()))).toEqual({
      grant_type: 'client_credentials',
      audience: 'https://api.shop.example',
      client_id: 'id',
      client_secret: 's',
    })
  })
})

describe.each(
  providers.flatMap(({ id, auth, appAuth }) => [auth, appAuth].flatMap((own) => (own ? [{ id, own }] : []))),
)('the declaration of $id', ({ own }) => {
  test('is pure data', () => expect(JSON.parse(JSON.stringify(own))).toStrictEqual(own))

  test('sends secrets nowhere but to https', () => {
    const addresses = Object.entries(own).filter(([name]) => name.endsWith('Url'))
    // A whole address that is blank is found by the issuer's metadata, which says nothing but https.
    const grammar = 'discovery' in own ? /^\{\w+\}$/ : /^https:\/\//
    for (const [, address] of addresses) expect(address).toMatch(grammar)
  })

  test('names headers in lower case', () => {
    const { tokenHeaders = {} } = own as Partial<Extract<ConnectGrant, { tokenHeaders?: unknown }>>
    for (const name of Object.keys(tokenHeaders)) expect(name).toBe(name.toLowerCase())
  })
})

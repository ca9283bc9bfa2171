import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { dying, type Crash } from '#test/fakes/dying.ts'
import { givenOAuth, type GivenOAuth, type OpenFlow } from '#test/fakes/given-oauth.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string
const privateKey = { pem: new Secret(pem) }
type Link = Parameters<GivenOAuth['link']>[0]

/** A way to connect that is more than one code for one token. */
interface Way {
  readonly name: string
  readonly provider: string
  readonly given: () => Promise<GivenOAuth>
  readonly link: Link
  /** What the provider adds to its answer by way of the browser. `undefined`: no browser goes there. */
  readonly back?: Readonly<Record<string, string>>
  /** The accounts of its connections, as they are saved. */
  readonly accounts: readonly string[]
  /** What is given back where nothing can be saved. */
  readonly returned: readonly string[]
}

const userToken = { id: 'U1', scope: 'search:read', access_token: 'user-canary', token_type: 'user' }
const slack: Way = {
  name: 'two credentials of one answer',
  provider: 'slack',
  given: () =>
    givenOAuth(tables, {
      provider: 'slack',
      answer: {
        id_token: undefined,
        ok: true,
        token_type: 'bot',
        scope: 'chat:write',
        team: { id: 'T1' },
        authed_user: { ...userToken, refresh_token: 'user-refresh-canary', expires_in: 43_200 },
      },
    }),
  link: { scopes: ['chat:write', 'user:search:read'] },
  back: {},
  accounts: ['T1:U1', 'T1'],
  returned: ['user-canary', 'access-canary-1'],
}
const installation: Way = {
  name: 'an installation',
  provider: 'github-app',
  given: () =>
    givenOAuth(tables, {
      provider: 'github-app',
      privateKey,
      route: ({ url }) => {
        const { host, pathname } = new URL(url)
        if (host !== 'api.github.com') return undefined
        return pathname === '/user/installations'
          ? Response.json({ installations: [{ id: 42 }] })
          : Response.json({ token: 'ghs-canary', permissions: {} }, { status: 201 })
      },
    }),
  link: { scopes: [] },
  back: { installation_id: '42' },
  accounts: ['42'],
  returned: ['access-canary-1', 'ghs-canary'],
}
const delegated: Way = {
  name: 'a user that a service account stands for',
  provider: 'google-workspace',
  given: () =>
    givenOAuth(tables, {
      provider: 'google-workspace',
      privateKey,
      route: () => Response.json({ access_token: 'ya29-canary', token_type: 'Bearer', expires_in: 3_599 }),
    }),
  link: { account: 'ana@customer.example', scopes: ['drive'] },
  accounts: ['ana@customer.example'],
  returned: ['ya29-canary'],
}
const ways = [slack, installation, delegated]

/** Goes the whole way, in two requests or in one; `between` comes before the second. */
async function go(worker: GivenOAuth, way: Way, linkId: string, between = (): void => {}) {
  const { provider } = way
  if (!way.back) return worker.get(`/oauth/${provider}/connect?link=${linkId}`)
  const flow: OpenFlow = await worker.openLink(linkId)
  if (!flow.state) return undefined
  between()
  const query = { code: worker.consent(flow.authorize), state: flow.state, ...way.back }
  return worker.get(`/oauth/${provider}/callback?${new URLSearchParams(query).toString()}`, {
    cookie: flow.cookie,
  })
}
const made = async (worker: GivenOAuth) =>
  (await worker.connections()).connections.map(({ account }) => account).toSorted()

describe.each(ways)('F54: $name', (way) => {
  const away = () => Promise.reject(new SluiceError('VAULT_UNAVAILABLE', 'the table is away'))

  test('is what the link says that it made', async () => {
    const worker = await way.given()
    const linkId = await worker.link(way.link)
    expect((await go(worker, way, linkId))?.status).toBe(200)
    const { connections } = await worker.connections()
    const asked = connections.find(({ account }) => account === way.accounts.at(-1))
    expect(await worker.attempt(linkId)).toMatchObject({ status: 'connected', connection: asked?.id })
  })

  test('that could not be saved is given back, and must be connected again', async () => {
    const worker = await way.given()
    Object.assign(worker.deps, { vault: { ...worker.deps.vault, connect: away } })
    const linkId = await worker.link(way.link)
    const answer = await go(worker, way, linkId)
    expect(answer?.status).toBe(503)
    expect(await answer?.text()).toContain('This has to be done again')
    expect(worker.revoked).toEqual(way.returned)
    expect((await worker.attempt(linkId))?.status).toBe('finishing')
    await worker.clock.advance(60_000)
    expect((await worker.attempt(linkId))?.status).toBe('pending_lost')
  })

  test('is connected by its link only when all of it is saved, wherever the function dies', async () => {
    const run = async (crash?: Crash) => {
      const worker = await way.given()
      const linkId = await worker.link(way.link)
      const { calls, revive, heal } = dying(worker, crash)
      await go(worker, way, linkId, revive)
      heal()
      await worker.clock.advance(60_000)
      return { calls: calls(), status: (await worker.attempt(linkId))?.status, accounts: await made(worker) }
    }
    const { calls } = await run()
    const seen = new Set<string | undefined>()
    for (let at = 1; at <= calls; at += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { status, accounts } = await run({ at, moment })
        seen.add(status)
        const isWhole = accounts.join() === way.accounts.toSorted().join()
        expect(status === 'connected', `${moment} call ${at}: ${status} ${accounts.join()}`).toBe(isWhole)
      }
    }
    expect(seen).toContain('connected')
    expect(seen).toContain('pending_lost')
  })
})

test('of two credentials the one that the link names is what it made', async () => {
  const worker = await slack.given()
  const linkId = await worker.link({ ...slack.link, account: 'T1:U1' })
  expect((await go(worker, slack, linkId))?.status).toBe(200)
  const { connections } = await worker.connections()
  const asked = connections.find(({ account }) => account === 'T1:U1')
  expect(await worker.attempt(linkId)).toMatchObject({ status: 'connected', connection: asked?.id })
})

test('a key that stands for the same account is no older grant: what came is given back', async () => {
  const worker = await givenOAuth(tables, { answer: { scope: 'openid' } })
  const owner = { tenant: 'acme', provider: 'sandbox', account: 'alice' }
  const now = worker.clock.now()
  const key = { ...owner, id: connectionId('acme', 'sandbox', 'alice'), tokens: Buffer.from('sealed') }
  await worker.deps.vault.connectKey(
    { ...key, state: 'active', scopes: [], connectedAt: now, obtainedAt: now },
    'mark',
  )
  const code: Way = { ...slack, provider: 'sandbox' }
  expect((await go(worker, code, await worker.link({ scopes: ['openid', 'more'] })))?.status).toBe(400)
  expect(worker.revoked).toEqual(['access-canary-1'])
})

test('of two credentials one that is connected already is not given back with the other', async () => {
  const worker = await slack.given()
  await go(worker, slack, await worker.link(slack.link))
  const wrong = await worker.link({ ...slack.link, account: 'T2' })
  expect((await go(worker, slack, wrong))?.status).toBe(400)
  expect(worker.revoked).toEqual([])
  expect(await worker.attempt(wrong)).toMatchObject({ status: 'failed', reason: 'another_account' })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '#lib/access/caller.ts'
import { breakerItem, limitItem, type BreakerItem, type LimitItem } from '#lib/admin/schemas-traffic.ts'
import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { breakerItems } from '#lib/outbound/breaker-items.dynamo.ts'
import { defaultBreaker, neverOpened, opened } from '#lib/outbound/breaker-standing.ts'
import { namedScopes, sharesOf } from '#lib/outbound/limit-scopes.ts'
import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import { ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { trueTime } from '#lib/primitives/true-time.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
let key: SigningKey
beforeAll(async () => {
  ;[tables, key] = await Promise.all([startTables(), signingKey('ES256')])
})
afterAll(() => tables.close())

let clock: VirtualClock
let people: GivenIssuer
let given: GivenAdmin
const random = seededRandom(4)
beforeEach(async () => {
  clock = virtualClock()
  people = givenIssuer([key], clock, { tenantsClaim: 'tenants' })
  given = await givenAdmin(tables, {
    clock,
    changes: { people: { config: people.config, keys: people.keys, clock } },
  })
})

const as = async (role: Role, tenants: readonly string[], path: string, method = 'GET'): Promise<Response> =>
  given.app.request(path, {
    method,
    headers: { authorization: `Bearer ${await people.token({ roles: [role], tenants })}` },
  })
const control = () => ({ client: tables.client, table: given.controlTable, clock, random })
const items = () =>
  breakerItems({ ...control(), time: trueTime(clock), requestMs: ms(1_000) }, defaultBreaker)
/** Opens a provider's breaker as a worker does. */
async function trip(provider: string, by = 'first'): Promise<void> {
  const now = trueTime(clock).now()
  const { standing } = await items().read(provider)
  await items().swap(provider, standing, opened(standing, { by, now, random, policy: defaultBreaker }))
}

describe('breakers', () => {
  const list = async (): Promise<BreakerItem[]> =>
    ((await (await given.api('/api/breakers')).json()) as { items: BreakerItem[] }).items
  const one = async (id: string) => (await list()).find((each) => each.id === id)
  const reset = (id: string, body: unknown = {}) => given.api(`/api/breakers/${id}/reset`, body)

  test('are listed for every provider that is called, closed where nothing is known', async () => {
    const found = await list()
    expect(found.map(({ id }) => id)).toEqual(providers.filter(({ api }) => api).map(({ id }) => id))
    for (const item of found) expect(breakerItem.safeParse(item).success).toBe(true)
    expect(await one('github')).toEqual({
      id: 'github',
      status: 'closed',
      openedAt: null,
      until: null,
      failures: 0,
      successes: 0,
      version: null,
    })
  })

  test('are shown open, and probing when their time is over', async () => {
    await trip('github')
    const open = await one('github')
    expect(open).toMatchObject({ status: 'open', version: 'first' })
    await clock.advance(ms(Date.parse(open?.until ?? '') - clock.now()))
    expect(await one('github')).toMatchObject({ status: 'probing', version: 'first' })
    expect(await one('slack')).toMatchObject({ status: 'closed' })
  })

  test('let calls out again once they are reset', async () => {
    await trip('github')
    const worker = dynamoBreaker(control())
    expect((await worker.enter('github')).kind).toBe('open')
    const answer = await reset('github')
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'closed', until: null }])
    await clock.advance(ms(1_001))
    expect((await worker.enter('github')).kind).toBe('pass')
    expect(await one('github')).toMatchObject({ status: 'closed' })
  })

  test('that are closed stay as they are when they are reset', async () => {
    expect((await reset('github')).status).toBe(200)
    expect((await items().read('github')).standing).toEqual(neverOpened)
  })

  test('B091: of two who saw the same one, the second is told that it has moved', async () => {
    await trip('github', 'first')
    const version = (await one('github'))?.version
    expect((await reset('github', { version })).status).toBe(200)
    await trip('github', 'second')
    const late = await reset('github', { version })
    expect([late.status, await late.json()]).toMatchObject([409, { code: 'conflict' }])
    expect(await one('github')).toMatchObject({ status: 'open', version: 'second' })
  })

  test('B091: one that moves while it is reset is not said to be closed', async () => {
    await trip('github')
    const stale = { ...neverOpened, state: 'open', by: 'before' } as const
    const other = await givenAdmin(tables, {
      clock,
      changes: {
        breakers: {
          read: async () => ({ standing: stale, tally: { window: 0, failures: 0, successes: 0 } }),
          swap: items().swap,
        },
      },
    })
    expect((await other.api('/api/breakers/github/reset', {})).status).toBe(409)
  })

  test('of no provider, or of one that is never called, are not there', async () => {
    for (const id of ['nobody', 'toString', 'GITHUB']) expect((await reset(id)).status).toBe(404)
  })

  test('B079: are reset by who may touch all tenants alone', async () => {
    await trip('github')
    expect((await as('operator', ['acme'], '/api/breakers/github/reset', 'POST')).status).toBe(403)
    expect(await one('github')).toMatchObject({ status: 'open' })
    expect((await as('viewer', ['acme'], '/api/breakers')).status).toBe(200)
  })
})

describe('limits', () => {
  const list = async (query = ''): Promise<LimitItem[]> => {
    const { items: found } = (await (await given.api(`/api/limits${query}`)).json()) as { items: LimitItem[] }
    for (const item of found) expect(limitItem.safeParse(item).success).toBe(true)
    return found
  }
  const connect = async (tenant: string): Promise<string> => {
    const body = { tenant, provider: 'leaflink', credentials: { key: 'k-1234567890123456' } }
    return ((await (await given.api('/api/connections', body)).json()) as { id: string }).id
  }
  /** Calls as a worker does. */
  async function call(provider: string, connection: string): Promise<void> {
    const limiter = dynamoLimiter(control())
    const counted = { provider, connection, method: 'GET', path: '/any' }
    for (const { scope, cost } of sharesOf(counted, findProvider(provider)?.api))
      await limiter.take(scope, { priority: 'interactive', cost })
  }

  test("of the deployment are the providers' own", async () => {
    const found = await list()
    expect(found.find(({ provider }) => provider === 'etherscan')).toEqual({
      provider: 'etherscan',
      tenant: null,
      connection: null,
      of: '',
      windows: [
        { limit: 3, windowMs: 1_000, freeAt: null },
        { limit: 100_000, windowMs: 86_400_000, freeAt: null },
      ],
      blockedUntil: null,
    })
    expect(found.every(({ connection }) => connection === null)).toBe(true)
    expect((await list('?provider=etherscan')).map(({ provider }) => provider)).toEqual(['etherscan'])
  })

  test('of a tenant are those of its connections, and tell how far they are used', async () => {
    const [own, other] = [await connect('acme'), await connect('globex')]
    expect(own).not.toBe(other)
    for (let calls = 0; calls < 40; calls += 1) await call('leaflink', own)
    const found = await list('?tenant=acme')
    expect(found.map(({ connection, tenant }) => [connection, tenant])).toEqual([[own, 'acme']])
    const [{ freeAt } = { freeAt: null }] = found[0]?.windows ?? []
    expect(Date.parse(freeAt ?? '')).toBeGreaterThan(clock.now())
    const [{ freeAt: free } = { freeAt: '' }] = (await list('?tenant=globex'))[0]?.windows ?? []
    expect(free).toBeNull()
    expect(await list('?tenant=acme&provider=github')).toEqual([])
  })

  test('until when a provider wants no call is told', async () => {
    const own = await connect('acme')
    const blockedUntil = clock.now() + 600_000
    const [share] = sharesOf(
      { provider: 'leaflink', connection: own, method: 'GET', path: '/any' },
      findProvider('leaflink')?.api,
    )
    if (!share) throw new Error('leaflink has a limit')
    const limiter = dynamoLimiter(control())
    await limiter.take(share.scope, { priority: 'interactive' })
    limiter.observe(share.scope, { blockedUntil: blockedUntil as never })
    await clock.advance(ms(2_000))
    while ((await list('?tenant=acme'))[0]?.blockedUntil === null) await new Promise(setImmediate)
    expect((await list('?tenant=acme'))[0]?.blockedUntil).toBe(new Date(blockedUntil).toISOString())
  })

  test("B079: of another's connections are not told", async () => {
    await connect('globex')
    const response = await as('viewer', ['acme'], '/api/limits?tenant=globex')
    expect([response.status, await response.json()]).toEqual([200, { items: [], cursor: null }])
    expect((await as('viewer', ['acme'], '/api/limits')).status).toBe(200)
  })

  test('B083: a cursor of no such list is refused', async () => {
    for (const query of ['?cursor=x', '?tenant=acme&cursor=x', '?tenant=acme&limit=0'])
      expect((await given.api(`/api/limits${query}`)).status).toBe(400)
  })

  test('have the names by which calls count', () => {
    for (const { id, api } of providers) {
      const named = [...namedScopes(id, undefined, api), ...namedScopes(id, 'conn', api)]
      for (const { scope, windows } of named) {
        const limit = (api?.limits ?? []).find((each) => windows.some((one) => one.limit === each.limit))
        const path = { '^/search/': '/search/x' }[limit?.path ?? ''] ?? limit?.path ?? '/any'
        const counted = { provider: id, connection: 'conn', method: limit?.methods?.[0] ?? 'GET', path }
        const found = sharesOf(counted, api).find((share) => share.scope.scope === scope)
        if (limit && new RegExp(limit.path ?? '').test(path)) expect(found?.scope.windows).toEqual(windows)
      }
    }
  })
})

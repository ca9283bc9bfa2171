import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deadCauses } from '#lib/admin/dead-causes.ts'
import { readOverview } from '#lib/admin/read-overview.ts'
import { redriveReason } from '#lib/admin/redrive-reason.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { hours, iso, later } from '#lib/primitives/clock.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { consoleSession, type ConsoleSession } from '#test/fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
let given: GivenAdmin
let session: ConsoleSession
const origin = 'https://sluice.test'
const { signal } = new AbortController()
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
  session = consoleSession(given)
})
afterAll(() => tables.close())

const visit = (path: string) => session.visit(path)
const press = (path: string, form: Record<string, string>, from = origin) =>
  session.press(path, form, { origin: from })
const all = (scope: 'all' | readonly string[] = 'all') => ({
  ...given.deps,
  token: given.token,
  scope,
  touches: () => undefined,
})

async function connect(
  state: 'active' | 'pending',
  provider = 'sandbox',
  account = 'alice',
): Promise<string> {
  const id = connectionId('acme', provider, account)
  const now = given.deps.clock.now()
  const whole = { id, tenant: 'acme', provider, account, state, scopes: ['read'] } as const
  await given.deps.vault.connect(
    { ...whole, connectedAt: now, obtainedAt: now, tokens: new Uint8Array([1]) },
    'owner',
  )
  return id
}

describe('dead letters by cause', () => {
  test('are counted over all pages, the most first', async () => {
    await mapBounded(
      Array.from({ length: 120 }, (_, index) => index),
      8,
      (index) =>
        given.seed({
          key: `a${index}`,
          status: 'dead',
          reason: 'no stock',
          provider: index % 2 ? 'stripe' : 'github',
        }),
    )
    await given.seed({ key: 'b', status: 'dead', reason: 'conflict' })
    const { causes, hasMore } = await deadCauses(signal, all())
    expect(causes).toMatchObject([
      { reason: 'no stock', count: 120, providers: ['github', 'stripe'] },
      { reason: 'conflict', count: 1, providers: ['stripe'] },
    ])
    expect(hasMore).toBe(false)
  })

  test('are those of the tenants that may be seen', async () => {
    await given.seed({ key: 'a', status: 'dead', tenant: 'acme' })
    await given.seed({ key: 'b', status: 'dead', tenant: 'globex' })
    expect((await deadCauses(signal, all(['acme']))).causes).toMatchObject([{ count: 1 }])
  })

  test('a whole cause is redriven beyond a page, and no other', async () => {
    await mapBounded(
      Array.from({ length: 130 }, (_, index) => index),
      8,
      (index) => given.seed({ key: `a${index}`, status: 'dead', reason: 'no stock' }),
    )
    await given.seed({ key: 'b', status: 'dead', reason: 'conflict' })
    expect(await redriveReason('no stock', signal, all())).toEqual({
      kind: 'redriven',
      queued: 130,
      others: 0,
      hasMore: false,
    })
    expect(given.queued).toHaveLength(130)
  })

  test('nothing is said to be redriven where the queue is down', async () => {
    await given.seed({ key: 'a', status: 'dead', reason: 'no stock' })
    const bulk = { ...given.deps.bulk, send: () => Promise.reject(new Error('down')) }
    expect(await redriveReason('no stock', signal, { ...all(), bulk })).toEqual({ kind: 'unavailable' })
  })
})

describe('the overview', () => {
  test('is of the tenants that may be seen', async () => {
    await given.seed({ key: 'a', tenant: 'acme' })
    await given.seed({ key: 'b', tenant: 'globex', provider: 'github' })
    const overview = await readOverview(hours(24), {}, signal, all(['acme']))
    expect(overview.events).toBe(1)
    expect(overview.providers.map(({ provider }) => provider)).toEqual(['stripe'])
  })

  test('names the connections that their user must mend', async () => {
    const id = await connect('active')
    const found = await given.deps.vault.get('acme', id, { consistent: true })
    if (!found) throw new Error('not there')
    const leased = await given.deps.vault.lease(found, 'worker', given.deps.clock.now())
    if (leased.kind === 'leased') await given.deps.vault.needsReauth(leased.lease, 'revoked')
    const overview = await readOverview(hours(24), {}, signal, all())
    expect(overview.toReconnect.map((each) => each.id)).toEqual([id])
    expect(await (await visit('/console')).text()).toContain('alice of acme no longer answers')
  })
})

describe('a connection', () => {
  test('is activated and deleted by its buttons, from this page alone', async () => {
    const id = await connect('pending')
    const at = `/console/connections/${id}`
    expect((await press(`${at}/delete`, { tenant: 'acme' }, 'https://evil.test')).status).toBe(403)
    expect((await press(`${at}/activate`, { tenant: 'globex' })).status).toBe(404)
    const done = async (name: string) =>
      (await press(`${at}/${name}`, { tenant: 'acme' })).headers.get('location')
    expect(await done('activate')).toBe(`${at}?tenant=acme&did=activate`)
    expect(await done('activate')).toBe(`${at}?tenant=acme&did=activate`)
    expect(await done('delete')).toBe(`${at}?tenant=acme&did=delete`)
    expect(await done('refresh')).toBe(`${at}?tenant=acme&refused=refresh`)
    expect((await given.deps.vault.get('acme', id, { consistent: true }))?.state).toBe('deleted')
  })

  test('a link to connect it again is for its account and its scopes, and stands on the page alone', async () => {
    const id = await connect('active')
    const answer = await press(`/console/connections/${id}/reconnect`, { tenant: 'acme' })
    const html = await answer.text()
    const link =
      /href="(https:\/\/sluice\.test\/oauth\/sandbox\/connect\?link=([\w-]+))"/.exec(html)?.[2] ?? ''
    const store = dynamoConnectStore({ client: tables.client, table: given.controlTable })
    const used = await store.useLink(link, 'mark', given.deps.clock.now())
    expect(used).toMatchObject({
      kind: 'first',
      value: { provider: 'sandbox', tenant: 'acme', account: 'alice', scopes: ['read'], isShared: false },
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(given.lines.join()).not.toContain(link)
  })

  test('shows what is looked after for it', async () => {
    const id = await connect('active')
    const now = given.deps.clock.now()
    const table = { client: tables.client, table: given.connectionsTable }
    await dynamoSubscriptions(table).create({
      connection: id,
      subscription: 'hook?hook=1',
      tenant: 'acme',
      provider: 'sandbox',
      params: {},
      channels: [],
      redeliveries: [],
      failures: 0,
      disabledAt: now,
      nextAt: now,
      version: 0,
      leaseUntil: now,
    })
    const html = await (await visit(`/console/connections/${id}?tenant=acme`)).text()
    expect(html).toContain('hook?hook=1')
    expect(html).toContain('The provider has switched it off')
  })

  test('shows nothing of what is sealed', async () => {
    const id = await connect('active')
    expect(await (await visit(`/console/connections/${id}?tenant=acme`)).text()).not.toMatch(
      /tokens"|Uint8Array/,
    )
    expect((await visit(`/console/connections/${id}?tenant=globex`)).status).toBe(404)
    expect((await visit('/console/connections/conn_x?tenant=acme')).status).toBe(404)
    expect((await visit('/console/connections?cursor=x')).status).toBe(303)
  })
})

describe('events', () => {
  test('are narrowed by exact times; what is no time is left out', async () => {
    const id = await given.seed({ key: 'old', type: 'old.one', age: hours(48) })
    const before = (span: number) => iso(later(given.deps.clock.now(), -span)).slice(0, 16)
    const list = async (query: string) => (await visit(`/console/events${query}`)).text()
    expect(await list('')).not.toContain(id)
    expect(await list(`?since=${before(hours(50))}`)).toContain(id)
    expect(await list(`?since=${before(hours(50))}&until=${before(hours(47))}`)).toContain(id)
    expect(await list(`?since=${before(hours(50))}&until=${before(hours(49))}`)).not.toContain(id)
    const odd = await list('?since=yesterday&within=7d')
    expect(odd).toContain(id)
    expect(odd).not.toContain('yesterday')
  })
})

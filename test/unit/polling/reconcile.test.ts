import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connected, ReconcileDeps } from '#lib/polling/reconcile.ts'
import { reconcile } from '#lib/polling/reconcile.ts'
import { wantedOf } from '#lib/polling/wanted.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { givenPolls } from '#test/fakes/given-polls.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

let made = 0
function given() {
  const world = givenPolls(tables.client)
  const connections: Connected[] = []
  const add = (change: Partial<Connected> = {}): Connected => {
    const connection: Connected = {
      id: `conn_r${(made += 1)}`,
      tenant: 'acme',
      provider: 'stripe',
      state: 'active',
      connectedAt: epochMs(world.clock.now() - 60_000),
      ...change,
    }
    connections.push(connection)
    return connection
  }
  const asked: number[] = []
  const deps: ReconcileDeps = {
    connections: {
      list: async (after, limit) => {
        asked.push(limit)
        const from = after === undefined ? 0 : Number(after)
        const next = from + limit < connections.length ? { next: String(from + limit) } : {}
        return { connections: connections.slice(from, from + limit), ...next }
      },
    },
    polls: world.polls,
    phases: world.phases,
    streamsOf: (tenant, provider) =>
      wantedOf([{ provider: 'stripe' }], findProvider)
        .streamsOf(tenant, provider)
        .map((stream) => ({ ...stream, endpoint: provider })),
    mostStreams: 1,
    mostSubscriptions: 0,
    subscribe: async () => {},
    clock: world.clock,
    log: () => {},
  }
  return { ...world, connections, add, deps, asked }
}

test('a connection that became active gets its polls: row, item, and a watermark of when it was connected', async () => {
  const world = given()
  const { id } = world.add()
  expect(await reconcile(undefined, world.deps)).toBeUndefined()
  const poll = await world.polls.get({ connection: id, stream: 'events' })
  expect(poll).toMatchObject({
    tenant: 'acme',
    provider: 'stripe',
    endpoint: 'stripe',
    watermark: { at: world.clock.now() - 60_000 },
  })
  const due = poll && (await world.phases.due(poll.phase))
  expect(due?.polls.map(({ connection }) => connection)).toContain(id)
})

test('a poll that stands is left as it is, by a redeploy too, and an old connection begins a day back', async () => {
  const world = given()
  const { id } = world.add({ connectedAt: epochMs(0) })
  await reconcile(undefined, world.deps)
  const first = await world.polls.get({ connection: id, stream: 'events' })
  expect(first?.watermark?.at).toBe(world.clock.now() - 86_400_000)
  await world.clock.advance(60_000)
  world.calls.length = 0
  await reconcile(undefined, world.deps)
  expect(await world.polls.get({ connection: id, stream: 'events' })).toEqual(first)
  expect(world.calls).toEqual(['BatchGetItemCommand', 'GetItemCommand'])
})

test('the polls of a deleted connection go, those of one that needs its user stay, and a pending one has none', async () => {
  const world = given()
  const gone = world.add()
  const locked = world.add()
  await reconcile(undefined, world.deps)
  const waiting = { ...world.add(), state: 'pending' as const }
  world.connections.splice(0, 3, { ...gone, state: 'deleted' }, { ...locked, state: 'needs_reauth' }, waiting)
  await reconcile(undefined, world.deps)
  const stands = async ({ id }: Connected) =>
    (await world.polls.get({ connection: id, stream: 'events' })) !== undefined
  expect([await stands(gone), await stands(locked), await stands(waiting)]).toEqual([false, true, false])
})

test('a crash between the row and the item is mended by the next comparison', async () => {
  const world = given()
  const { id } = world.add()
  const polls = { ...world.polls, create: () => Promise.reject(new Error('crash')) }
  await expect(reconcile(undefined, { ...world.deps, polls })).rejects.toThrow('crash')
  expect(await world.polls.get({ connection: id, stream: 'events' })).toBeUndefined()
  await reconcile(undefined, world.deps)
  expect(await world.polls.get({ connection: id, stream: 'events' })).toBeDefined()
})

test('one page at a time, of as many connections as one read of polls can answer for', async () => {
  const world = given()
  for (let i = 0; i < 60; i += 1) world.add({ state: 'needs_reauth' })
  const next = await reconcile(undefined, { ...world.deps, mostStreams: 2 })
  expect(next).toBe('50')
  expect(await reconcile(next, { ...world.deps, mostStreams: 2 })).toBeUndefined()
  expect(world.asked).toEqual([50, 50])
})

test('what the config wants: every plain stream, those that are named, for all tenants or some', () => {
  const wanted = wantedOf(
    [
      { provider: 'stripe', tenants: ['acme'] },
      { provider: 'github', streams: ['issues?repo=hello&owner=octo'] },
    ].filter(({ provider }) => findProvider(provider)?.polls),
    findProvider,
  )
  const names = (tenant: string, provider: string) =>
    wanted.streamsOf(tenant, provider).map(({ stream }) => stream)
  expect(names('acme', 'stripe')).toContain('events')
  expect(names('other', 'stripe')).toEqual([])
  expect(names('other', 'github')).toEqual(['issues?owner=octo&repo=hello'])
  expect(wanted.isWanted({ tenant: 'other', provider: 'stripe', connection: 'c', stream: 'events' })).toBe(
    false,
  )
  expect(() => wantedOf([{ provider: 'github', streams: ['issues'] }], findProvider)).toThrow(
    'needs: owner, repo',
  )
})

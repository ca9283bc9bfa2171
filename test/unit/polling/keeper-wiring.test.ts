import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withOrders, type OrderDeps } from '#functions/poller/orders.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { endSubscriptions } from '#lib/polling/keeper-end.ts'
import type { KeeperJob } from '#lib/polling/keeper-jobs.ts'
import { dynamoSubscriptionsOf } from '#lib/polling/keeper-of.dynamo.ts'
import { reconcileSubscriptions } from '#lib/polling/keeper-reconcile.ts'
import { tickKeeper } from '#lib/polling/keeper-tick.ts'
import { wantedSubscriptions } from '#lib/polling/keeper-wanted.ts'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import type { KeeperDeps } from '#lib/polling/keeper.ts'
import { lastClient } from '#lib/polling/last-client.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { receiverOf } from '#lib/polling/receiver.ts'
import { reconcileChanged } from '#lib/polling/reconcile-changed.ts'
import { wantedOf } from '#lib/polling/wanted.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { notingVault } from '#lib/vault/changed-connections.ts'
import { dynamoChangedConnections } from '#lib/vault/changed-connections.dynamo.ts'
import { dynamoChangedNotes } from '#lib/vault/changed-notes.dynamo.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { googleChannels } from '#test/fakes/given-keeper.ts'
import { localServer } from '#test/fakes/local-server.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const provider = 'google-drive'
const hourMs = 3_600_000
const dayMs = 24 * hourMs

let tables: Tables
let made = 0
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

/** The keeper over a table of its own and a provider that answers by HTTP. */
async function given() {
  const name = `kept-${(made += 1)}`
  await createConnections(tables.client, name)
  const clock = virtualClock()
  const table = { client: tables.client, table: name, clock }
  const google = googleChannels(() => clock.now(), 7 * dayMs)
  const asked: { path: string; body: Record<string, string>; authorization: string | undefined }[] = []
  const base = await localServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, string>
      const path = request.url ?? ''
      asked.push({ path, body, authorization: request.headers.authorization })
      const isStart = path.startsWith('/changes/startPageToken')
      const answer = isStart
        ? { body: { startPageToken: `token-${asked.length}` } }
        : google.reply({ method: request.method ?? '', path, body })
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
    })
  })
  const random = seededRandom(made)
  const clientOf = () => {
    const api = findProvider(provider)?.api
    if (!api) throw new Error('it has an API')
    const fromEnvironment = (variable: string) =>
      variable === 'GOOGLE_DRIVE_BASE_URL' ? base.href : undefined
    return lastClient(provider, api, { accessToken: 'access' }, { fetch, fromEnvironment, clock, random })
  }
  const lines: string[] = []
  const log = (_level: string, message: string) => void lines.push(message)
  const subscriptions = dynamoSubscriptions(table)
  const wanted = wantedSubscriptions([{ provider }], findProvider)
  const keeper: KeeperDeps = {
    subscriptions,
    clientOf,
    receiverOf: receiverOf({
      endpointOf: () => ({ id: 'drive', provider }),
      secretsOf: async () => [new Secret('new-token'), new Secret('old-token')],
      publicUrl: 'https://hooks.example.com/',
    }),
    announce: async () => {},
    clock,
    random,
    log,
    metrics: { count: () => {}, measure: () => {} },
  }
  const queue: KeeperJob[] = []
  const connections = dynamoConnectionList(table)
  const changed = {
    connections: { list: async () => ({ connections: [] }) },
    polls: dynamoPolls(table),
    phases: dynamoPhases(table),
    streamsOf: (tenant: string, of: string) =>
      wantedOf([{ provider }], findProvider)
        .streamsOf(tenant, of)
        .map((stream) => ({ ...stream, endpoint: of })),
    mostStreams: 1,
    mostSubscriptions: 1,
    subscribe: (page: Parameters<typeof reconcileSubscriptions>[0]) =>
      reconcileSubscriptions(page, { subscriptions, wantedOf: wanted.of, log }),
    changed: dynamoChangedConnections(table),
    read: connections.read,
    clock,
    log,
  }
  const orders = { keeper, wanted, log } as unknown as OrderDeps
  const run = withOrders(async () => undefined, orders)
  /** A minute: what changed is compared, and what is due is looked after. */
  const tick = async (): Promise<number> => {
    const notes = await reconcileChanged(changed)
    await tickKeeper(clock.now(), {
      subscriptions,
      keeperJobs: { send: async (jobs) => void queue.push(...jobs) },
    })
    for (const job of queue.splice(0)) {
      const Records = [{ messageId: 'm', eventSource: 'aws:sqs', body: JSON.stringify(job) }]
      const answer = await run({ Records }, { getRemainingTimeInMillis: () => 120_000 })
      expect(answer).toEqual({ batchItemFailures: [] })
    }
    return notes
  }
  const vault = notingVault(dynamoVault(table), dynamoChangedNotes(table), log)
  const connect = async (account: string) => {
    const id = connectionId('acme', provider, account)
    const now = clock.now()
    const grant = { id, tenant: 'acme', provider, account, state: 'active' as const, scopes: [] }
    await vault.connect({ ...grant, connectedAt: now, obtainedAt: now, tokens: Buffer.from('x') }, id)
    return id
  }
  const end = (id: string, how: 'by its tokens' | 'without' | 'away' | 'nowhere' = 'by its tokens') => {
    const away = { ...clientOf(), fetch: () => Promise.reject(new Error('away')) }
    const client = how === 'without' ? undefined : how === 'away' ? away : clientOf()
    const lastOf = () => {
      if (how === 'nowhere') throw new SluiceError('MISCONFIGURED', 'no address for its calls')
      return client
    }
    return endSubscriptions(id, lastOf, {
      subscriptions: dynamoSubscriptionsOf(table),
      keeperOf: (of, keeperName) => findProvider(of)?.keeper?.[keeperName],
      log,
    })
  }
  return {
    clock,
    google,
    asked,
    lines,
    tick,
    connect,
    vault,
    end,
    subscriptions,
    polls: changed.polls,
    orders,
  }
}

describe('an account that is connected', () => {
  test('has its polls and its channel after one tick, and a channel that says where to and from when', async () => {
    const world = await given()
    const id = await world.connect('a')
    expect(await world.tick()).toBe(1)
    expect(await world.polls.get({ connection: id, stream: 'changes' })).toBeDefined()
    expect(world.google.live()).toBe(1)
    const [start, watch] = world.asked
    expect(start?.path).toBe('/changes/startPageToken?supportsAllDrives=true')
    expect(watch).toMatchObject({
      path: '/changes/watch?pageToken=token-1&supportsAllDrives=true',
      authorization: 'Bearer access',
      body: {
        type: 'web_hook',
        address: 'https://hooks.example.com/webhooks/google-drive/drive',
        token: 'new-token',
      },
    })
    // Google takes no longer ids; its beginning leads a notification to the connection's polls.
    expect(watch?.body['id']).toMatch(/^[A-Za-z0-9\-_+/=]{1,64}$/)
    expect(watch?.body['id']?.startsWith(id)).toBe(true)
    expect(await world.tick(), 'the note is gone').toBe(0)
    expect(world.asked).toHaveLength(2)
  })

  test('is never without a channel, and stops each that has a successor, for three weeks', async () => {
    const world = await given()
    await world.connect('a')
    await world.tick()
    const lives = new Set<number>()
    for (let turn = 0; turn < 21 * 8; turn += 1) {
      await world.clock.advance(3 * hourMs)
      await world.tick()
      lives.add(world.google.live())
    }
    expect(lives).toEqual(new Set([1, 2]))
    expect(world.google.live()).toBe(1)
    expect(world.asked.filter(({ path }) => path === '/channels/stop').length).toBeGreaterThanOrEqual(2)
  })

  test('and disconnected has no channel, no subscription and no poll', async () => {
    const world = await given()
    const id = await world.connect('a')
    await world.tick()
    await world.vault.disconnect('acme', id)
    expect(await world.tick()).toBe(1)
    await world.end(id)
    expect(world.google.channels.size).toBe(0)
    expect(world.asked.at(-1)).toMatchObject({ path: '/channels/stop', body: { resourceId: 'res-1' } })
    expect(await world.subscriptions.get({ connection: id, subscription: 'changes' })).toBeUndefined()
    expect(await world.polls.get({ connection: id, stream: 'changes' })).toBeUndefined()
    await world.clock.advance(30 * dayMs)
    await world.tick()
    expect(world.google.channels.size).toBe(0)
  })

  test('whose tokens open no more is forgotten all the same, and a provider that is away holds up nothing', async () => {
    const world = await given()
    const ids: string[] = []
    for (const account of ['a', 'b', 'c', 'd']) ids.push(await world.connect(account))
    await world.tick()
    const [shredded = '', unheard = '', late = '', unaddressed = ''] = ids
    await world.end(shredded, 'without')
    await world.end(unheard, 'away')
    await world.end(unaddressed, 'nowhere')
    await world.clock.advance(7 * dayMs)
    // The provider knows of its channels no more.
    await world.end(late)
    for (const connection of ids)
      expect(await world.subscriptions.get({ connection, subscription: 'changes' })).toBeUndefined()
    expect(world.lines.filter((line) => line.includes('could not be stopped'))).toEqual(
      Array(2).fill('a channel of a connection that was disconnected could not be stopped'),
    )
  })
})

test('a subscription that the config wants no more is forgotten when its time comes', async () => {
  const world = await given()
  const connection = await world.connect('a')
  await world.tick()
  Object.assign(world.orders, { wanted: { declarationOf: () => undefined } })
  await world.clock.advance(6 * dayMs + hourMs)
  await world.tick()
  expect(await world.subscriptions.get({ connection, subscription: 'changes' })).toBeUndefined()
  expect(world.google.live()).toBe(1)
})

test('a connection that changes again while it is compared keeps its note', async () => {
  const world = await given()
  const id = await world.connect('a')
  const notes = dynamoChangedConnections({ client: tables.client, table: `kept-${made}` })
  const [note] = await notes.list(10)
  await world.clock.advance(1_000)
  await world.vault.disconnect('acme', id)
  if (note) await notes.clear(note)
  expect(await notes.list(10)).toMatchObject([{ id }])
})

test('a vault whose note can not be written has done its work all the same', async () => {
  const lines: string[] = []
  const vault = notingVault(
    { disconnect: async () => 'saved' as const } as never,
    { note: () => Promise.reject(new Error('away')) },
    (_level, message) => void lines.push(message),
  ) as { disconnect(tenant: string, id: string): Promise<string> }
  expect(await vault.disconnect('acme', 'conn_1')).toBe('saved')
  expect(lines).toHaveLength(1)
})

describe('what the config wants to be kept', () => {
  const of = (...lines: Parameters<typeof wantedSubscriptions>[0]) => wantedSubscriptions(lines, findProvider)

  test('is what needs no parameters, or what is named, for all tenants or some', () => {
    const wanted = of(
      { provider, tenants: ['acme'] },
      { provider: 'gmail', keep: ['mailbox?topic=projects/p/topics/t'] },
      { provider: 'github', keep: ['deliveries?repo=r&owner=o&hook=1', 'hook?hook=1&repo=r&owner=o'] },
    )
    const names = (tenant: string, id: string) => wanted.of(tenant, id).map((each) => each.subscription)
    expect(names('acme', provider)).toEqual(['changes'])
    expect(names('other', provider)).toEqual([])
    expect(names('other', 'gmail')).toEqual(['mailbox?topic=projects%2Fp%2Ftopics%2Ft'])
    expect(wanted.of('other', 'gmail')[0]?.params).toEqual({ topic: 'projects/p/topics/t' })
    expect(names('other', 'github')).toEqual([
      'deliveries?hook=1&owner=o&repo=r',
      'hook?hook=1&owner=o&repo=r',
    ])
    expect(wanted.most).toBe(2)
    const id = { tenant: 'other', provider: 'gmail', subscription: 'mailbox?topic=projects%2Fp%2Ftopics%2Ft' }
    expect(wanted.declarationOf(id)?.kind).toBe('watch')
    expect(wanted.declarationOf({ ...id, tenant: 'acme', provider })).toBeUndefined()
  })

  test.each([
    ['gmail', 'mailbox', 'needs: topic'],
    ['github', 'deliveries?owner=o&repo=r', 'needs: hook, owner, repo'],
    ['github', 'hook?owner=..&repo=r&hook=1', 'needs: hook, owner, repo'],
    ['google-drive', 'changes?pageToken=1', 'needs: no parameters'],
    ['stripe', 'endpoints?endpoint=we_1', 'has no subscription "endpoints"'],
  ])('of %s is not "%s"', (id, keep, words) =>
    expect(() => of({ provider: id, keep: [keep] })).toThrow(words),
  )
})

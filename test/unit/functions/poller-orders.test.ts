import type { SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { poller, type PollerDeps } from '#functions/poller/batch.ts'
import { withOrders, type OrderDeps } from '#functions/poller/orders.ts'
import type { HintJob } from '#lib/polling/hint-job.ts'
import type { KeeperDeps } from '#lib/polling/keeper.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import type { Connected } from '#lib/polling/reconcile.ts'
import { epochMs, later } from '#lib/primitives/clock.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { givenPoll, givenPolls, itemOf, pages } from '#test/fakes/given-polls.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

const provider = 'google-calendar'
const context = { getRemainingTimeInMillis: () => 120_000 }
const batchOf = (...bodies: readonly unknown[]) =>
  ({
    Records: bodies.map((body, n) => ({
      messageId: `m${n}`,
      eventSource: 'aws:sqs',
      body: JSON.stringify(body),
    })),
  }) as SQSEvent

let tenants = 0

/** Accounts of a tenant, each with a poll of its calendar, and the poller over them. */
async function given(accounts: readonly string[] = ['a']) {
  const world = givenPolls(tables.client)
  const tenant = `tenant-${(tenants += 1)}`
  const connections: Connected[] = accounts.map((account) => ({
    id: connectionId(tenant, provider, account),
    tenant,
    provider,
    state: 'active',
    connectedAt: epochMs(0),
  }))
  const stream = 'events?calendar=primary'
  for (const { id } of connections)
    await givenPoll(world, { connection: id, stream, tenant, provider, endpoint: provider })
  let reads = 0
  world.state.read = (from) => {
    reads += 1
    return pages({ items: [itemOf('a')] })(from)
  }
  const orders: OrderDeps = {
    ...world.deps,
    keeper: {} as KeeperDeps,
    wanted: { declarationOf: () => undefined },
    hints: {
      connections: {
        find: async (id) => connections.find((each) => each.id === id),
        list: async (of) => ({ connections: connections.filter((each) => each.tenant === of) }),
      },
      idOf: connectionId,
      streamsOf: () => [{ stream }, { stream: 'others' }],
      endpointOf: (of) => (of === tenant ? provider : undefined),
    },
  }
  const deps: PollerDeps = {
    ...world.deps,
    isIdle: false,
    isWanted: () => true,
    memory: { read: async () => ({}), write: async () => {} },
    reconcile: async () => undefined,
    reconcileChanged: async () => undefined,
    tickKeeper: async () => undefined,
    judge: async () => undefined,
  }
  const run = withOrders(poller(deps), orders)
  const hint = (account?: string, changes: Partial<HintJob['hint']> = {}): HintJob => ({
    v: 1,
    hint: {
      tenant,
      provider,
      endpoint: provider,
      ...(account !== undefined && { account }),
      streams: ['events'],
      at: world.clock.now(),
      ...changes,
    },
  })
  /** Hands each message to the function, and each that it sends, until none is left. */
  const drain = async (jobs: readonly unknown[]): Promise<void> => {
    const waiting = jobs.map((job) => ({ job, delayMs: 0 }))
    for (let next = waiting.shift(), steps = 0; next && steps < 2_000; next = waiting.shift(), steps += 1) {
      await world.clock.advance(50 + next.delayMs)
      expect(await run(batchOf(next.job), context)).toEqual({ batchItemFailures: [] })
      for (const { jobs: sent, delayMs } of world.sent.splice(0))
        waiting.push(...sent.map((job) => ({ job, delayMs })))
    }
  }
  return { ...world, poller: deps, tenant, connections, run, hint, drain, reads: () => reads, stream }
}

describe('a hint', () => {
  test('runs the polls that it is for, of the account that it names', async () => {
    const world = await given(['a', 'b'])
    await world.clock.advance(1_000)
    await world.run(batchOf(world.hint('b')), context)
    expect(world.sent.flatMap(({ jobs }) => jobs)).toEqual([
      {
        v: 1,
        due: world.clock.now(),
        insists: true,
        polls: [
          { tenant: world.tenant, provider, connection: world.connections[1]?.id, stream: world.stream },
        ],
      },
    ])
  })

  test('by a channel runs those of the connection that the channel is of', async () => {
    const world = await given(['a', 'b'])
    const own = world.connections[0]?.id ?? ''
    await world.run(batchOf(world.hint(`${own}AAAAAAAAAAAAAAAAAAAAAA`)), context)
    expect(world.sent.flatMap(({ jobs }) => jobs.flatMap(({ polls }) => polls))).toMatchObject([
      { connection: own },
    ])
    world.sent.length = 0
    await world.run(batchOf(world.hint(`${own}AAAAAAAAAAAAAAAAAAAAAA`, { endpoint: 'stranger' })), context)
    expect(world.sent, 'another endpoint speaks for no connection of this tenant').toEqual([])
  })

  test('of an account that is no connection’s runs those of the tenant: Gmail names an address', async () => {
    const world = await given(['a', 'b'])
    await world.run(batchOf(world.hint('someone@example.com')), context)
    expect(world.sent.flatMap(({ jobs }) => jobs.flatMap(({ polls }) => polls))).toHaveLength(2)
  })

  test('a hundred within a second read a list once', async () => {
    const world = await given()
    await world.clock.advance(60_000)
    const hints: HintJob[] = []
    for (let n = 0; n < 100; n += 1) {
      hints.push(world.hint('a'))
      await world.clock.advance(10)
    }
    // The queue hands out none before the burst is over.
    await world.clock.advance(1_000)
    await world.drain(hints)
    expect(world.reads()).toBe(1)
  })

  test('that comes while a run is under way is seen by a run that begins after it', async () => {
    const world = await given()
    await world.clock.advance(60_000)
    const [{ id } = { id: '' }] = world.connections
    const poll = (await world.polls.get({ connection: id, stream: world.stream })) as Poll
    const running = await world.polls.lease(poll, {
      owner: 'another',
      until: later(world.clock.now(), 60_000),
      due: world.clock.now(),
    })
    if (running.kind !== 'leased') throw new Error('it is free')
    await world.clock.advance(1_000)
    const hint = world.hint('a')
    await world.run(batchOf(hint), context)
    const [first] = world.sent.splice(0).flatMap(({ jobs }) => jobs)
    await world.run(batchOf(first), context)
    expect(world.reads(), 'the other run has the lease').toBe(0)
    const [again] = world.sent.splice(0)
    expect(again).toMatchObject({ delayMs: 15_000, jobs: [{ due: hint.hint.at, insists: true }] })
    await world.polls.release(running.lease, {})
    await world.drain(again?.jobs as PollJob[])
    expect(world.reads()).toBe(1)
  })

  test('does not hurry a poll that waits because its provider said so', async () => {
    const world = await given()
    await world.clock.advance(60_000)
    const [{ id } = { id: '' }] = world.connections
    const poll = (await world.polls.get({ connection: id, stream: world.stream })) as Poll
    await world.polls.change(poll, { nextAt: later(world.clock.now(), 600_000) })
    await world.drain([world.hint('a')])
    expect(world.reads()).toBe(0)
  })

  test('comes back where the table does not answer, and other jobs of its batch are run all the same', async () => {
    const world = await given()
    await world.clock.advance(60_000)
    const job: PollJob = {
      v: 1,
      due: world.clock.now(),
      polls: world.connections.map(({ id: connection, tenant }) => ({
        tenant,
        provider,
        connection,
        stream: world.stream,
      })),
    }
    const away = { ...world.hint('a'), hint: { ...world.hint('a').hint, tenant: 'away' } }
    const failing = withOrders(poller(world.poller), {
      ...({} as OrderDeps),
      jobs: world.deps.jobs,
      log: () => {},
      hints: {
        connections: {
          find: () => Promise.reject(new Error('away')),
          list: () => Promise.reject(new Error()),
        },
        idOf: connectionId,
        streamsOf: () => [],
        endpointOf: () => undefined,
      },
    })
    expect(await failing(batchOf(away, job), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }],
    })
    expect(world.reads()).toBe(1)
  })
})

import type { AttributeValue, BatchGetItemCommandInput, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { runTick } from '#functions/poller/tick.ts'
import { byConnection, byRefresh, keeperKey, phaseKey, pollKey } from '#lib/config/names.ts'
import { googleDriveKeeper } from '#lib/providers/keepers.ts'
import { sqsKeeperJobs } from '#lib/polling/keeper-jobs.sqs.ts'
import { reconcileSubscriptions } from '#lib/polling/keeper-reconcile.ts'
import { tickKeeper } from '#lib/polling/keeper-tick.ts'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import { judgeMissed } from '#lib/polling/missed.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { dynamoMissedPolls } from '#lib/polling/missed-polls.dynamo.ts'
import { phaseFor, phaseText } from '#lib/polling/phases.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { newItem } from '#lib/polling/poll-item.dynamo.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import { intervalClasses } from '#lib/polling/poll-state.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { reconcileChanged, type ReconcileChangedDeps } from '#lib/polling/reconcile-changed.ts'
import { reconcile } from '#lib/polling/reconcile.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { dynamoChangedConnections } from '#lib/vault/changed-connections.dynamo.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { simDynamo } from '#test/simulation/models/dynamodb.ts'

type Item = Record<string, AttributeValue>
type Command = { readonly constructor: { readonly name: string }; readonly input: object }

const start = epochMs(1_780_000_020_000)
const due = 100
const streams = Array.from({ length: 10 }, (_, n) => `stream-${n}`)
const idOf = (n: number): string => `conn_${String(n).padStart(32, '0')}`

/** The items of as many connections as wanted, made when they are read. */
function itemAt(pk: string, sk: string): Item {
  const keys = { pk: { S: pk }, sk: { S: sk } }
  if (pk.startsWith(pollKey(''))) {
    const connection = pk.slice(pollKey('').length)
    const poll = {
      connection,
      stream: sk,
      tenant: 'acme',
      provider: 'google-drive',
      endpoint: 'google-drive',
    }
    const phase = phaseFor(poll, 1_440)
    return { ...keys, ...newItem({ ...poll, phase, createdAt: start }) }
  }
  if (pk.startsWith(keeperKey(''))) {
    const connection = pk.slice(keeperKey('').length)
    return { ...keys, v: { N: '1' }, document: { S: JSON.stringify({ connection, subscription: sk }) } }
  }
  return {
    ...keys,
    v: { N: '1' },
    version: { N: '1' },
    id: { S: pk },
    tenant: { S: 'acme' },
    provider: { S: 'google-drive' },
    st: { S: 'active' },
  }
}

/** A table with so many connections of ten streams and a subscription each; every call to AWS is counted. */
function given(connections: number) {
  const calls: string[] = []
  const rows = rowsOf(connections)
  const memory = simDynamo(['pk', 'sk'])
  const query = (input: QueryCommandInput) => {
    const { IndexName, ExpressionAttributeValues: values = {}, ExclusiveStartKey, Limit = 1_000 } = input
    if (IndexName === byConnection.index) {
      const from = ExclusiveStartKey ? Number(ExclusiveStartKey['pk']?.S?.slice(5)) + 1 : 0
      const ids = Array.from({ length: Math.min(Limit, connections - from) }, (_, n) => idOf(from + n))
      const last = ids.at(-1)
      const isMore = from + ids.length < connections && last !== undefined
      const key = { pk: { S: last ?? '' }, [byConnection.sort]: { S: `acme#${last}` } }
      return { Items: ids.map((id) => ({ id: { S: id } })), ...(isMore && { LastEvaluatedKey: key }) }
    }
    if (IndexName === byRefresh.index)
      return {
        Items: Array.from({ length: 10 }, (_, n) => ({
          pk: { S: keeperKey(idOf(n)) },
          sk: { S: 'changes' },
        })),
      }
    return { Items: rows.get(values[':phase']?.S ?? '') ?? [] }
  }
  const client = {
    send: async (command: Command) => {
      const { name } = command.constructor
      calls.push(name)
      if (name === 'QueryCommand') return query(command.input as QueryCommandInput)
      if (name !== 'BatchGetItemCommand') return memory.apply(command)
      const { RequestItems = {} } = command.input as BatchGetItemCommandInput
      const read = (Key: Item) => [itemAt(Key['pk']?.S ?? '', Key['sk']?.S ?? '')]
      return {
        Responses: Object.fromEntries(
          Object.entries(RequestItems).map(([table, { Keys = [] }]) => [table, Keys.flatMap(read)]),
        ),
      }
    },
  } as never
  const sent: number[] = []
  const sqs = {
    send: async ({
      constructor,
      input,
    }: {
      constructor: { name: string }
      input: { Entries: { Id: string; MessageBody: string }[] }
    }) => {
      calls.push(constructor.name)
      for (const { MessageBody } of input.Entries)
        sent.push((JSON.parse(MessageBody) as { polls?: unknown[] }).polls?.length ?? 0)
      return { Successful: input.Entries.map(({ Id }) => ({ Id })) }
    },
  } as never
  return { calls, sent, run: () => runTick(depsOf(client, sqs)) }
}

/** A hundred polls whose turn it is, and the others' in phases of other minutes. */
function rowsOf(connections: number): ReadonlyMap<string, Item[]> {
  const minute = Math.floor(start / 60_000)
  const rows = new Map<string, Item[]>()
  const put = (n: number, stream: string, every: (typeof intervalClasses)[number], slot: number): void => {
    const key = phaseKey(phaseText({ every, slot }))
    const row = { sk: { S: `${idOf(n)}#${stream}` }, tenant: { S: 'acme' }, provider: { S: 'google-drive' } }
    rows.set(key, [...(rows.get(key) ?? []), row])
  }
  for (let n = 0; n < due; n += 1) {
    const every = intervalClasses[n % 6] ?? 1
    put(n % connections, streams[Math.floor(n / connections) % 10] ?? '', every, minute % every)
  }
  // Of each some, in minutes that are not this one: reading them would show in the jobs and the pages.
  for (let n = 0; n < Math.min(connections, 1_000); n += 1) put(n, 'later', 1_440, (minute + 1 + n) % 1_440)
  return rows
}

function depsOf(client: never, sqs: never): Parameters<typeof runTick>[0] {
  const clock = virtualClock(start)
  const log = (_level: string, message: string) => {
    throw new Error(message)
  }
  const metrics = { count: () => {}, measure: () => {} }
  const table = { client, table: 'connections', clock }
  const subscriptions = dynamoSubscriptions(table)
  const connections = dynamoConnectionList(table)
  const wanted = { subscription: 'changes', params: {}, declaration: googleDriveKeeper.changes }
  const compared: ReconcileChangedDeps = {
    connections: { list: (after, limit) => connections.list(undefined, after, limit) },
    polls: dynamoPolls(table),
    phases: dynamoPhases(table),
    streamsOf: () =>
      streams.map((stream) => ({
        stream,
        endpoint: 'google-drive',
        interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 86_400_000 },
        timed: false,
      })),
    mostStreams: streams.length,
    mostSubscriptions: 1,
    subscribe: (page) => reconcileSubscriptions(page, { subscriptions, wantedOf: () => [wanted], log }),
    changed: dynamoChangedConnections(table),
    read: connections.read,
    clock,
    log,
  }
  return {
    clock,
    log,
    metrics,
    isIdle: false,
    isWanted: () => true,
    phases: dynamoPhases(table),
    jobs: sqsPollJobs({ client: sqs, queueUrl: 'https://queue/polls' }),
    memory: dynamoTickMemory(table),
    reconcile: (after) => reconcile(after, compared),
    reconcileChanged: () => reconcileChanged(compared),
    tickKeeper: () =>
      tickKeeper(clock.now(), {
        subscriptions,
        keeperJobs: sqsKeeperJobs({ client: sqs, queueUrl: 'https://queue/polls' }),
      }),
    judge: (signal) =>
      judgeMissed(signal, {
        clock,
        log,
        metrics,
        sightings: dynamoSightings({ client, table: 'control' }),
        missed: dynamoMissedLedger({ client, table: 'control' }),
        missedPolls: dynamoMissedPolls(table),
      }),
  }
}

test('a whole tick makes the same AWS calls for 10, 1,000 and 100,000 connections with 100 polls due', async () => {
  const worlds = [10, 1_000, 100_000].map(given)
  for (const { run } of worlds) await run()
  const [few = 0, ...more] = worlds.map(({ calls }) => calls.length)
  expect(few).toBe(22)
  for (const count of more) expect(Math.abs(count - few) / few).toBeLessThan(0.05)
  for (const { calls, sent } of worlds) {
    expect(sent.reduce((sum, each) => sum + each, 0)).toBe(due)
    const names = Map.groupBy(calls, (name) => name)
    // Six phases, what has changed, a page of connections, subscriptions that are due; then the minutes that are judged.
    expect(names.get('QueryCommand')?.length).toBeGreaterThanOrEqual(9)
    // Connections, their polls and their subscriptions: the comparison is really made.
    expect(names.get('BatchGetItemCommand')).toHaveLength(3)
    expect(names.get('SendMessageBatchCommand')).toHaveLength(2)
  }
})

test('so do the ticks that follow, wherever the comparison has come to', async () => {
  const worlds = [10, 100_000].map(given)
  const counts: number[][] = []
  for (const { run, calls } of worlds) {
    const each: number[] = []
    for (let tick = 0; tick < 5; tick += 1) {
      const before = calls.length
      await run()
      each.push(calls.length - before)
    }
    counts.push(each)
  }
  expect(counts[1]).toEqual(counts[0])
})

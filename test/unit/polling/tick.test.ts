import type { QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { phaseKey, tickKey } from '#lib/config/names.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { nextTurn, phaseFor, phaseOf, phasesIn, phaseText } from '#lib/polling/phases.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import { intervalClasses, type PollRef } from '#lib/polling/poll-state.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { tick, type TickDeps } from '#lib/polling/tick.ts'
import { epochMs, type EpochMs } from '#lib/primitives/clock.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { simDynamo } from '#test/simulation/models/dynamodb.ts'

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: object
}

const start = epochMs(1_780_000_020_000)

/** A table whose partitions of phases are lists, so that a hundred thousand rows cost nothing to have; every call is counted. */
function given(rows: ReadonlyMap<string, readonly PollRef[]> = new Map()) {
  const calls: string[] = []
  const jobs: PollJob[] = []
  const delays: number[] = []
  const items = simDynamo(['pk', 'sk'])
  const pageRows = 1_000
  const query = ({ ExpressionAttributeValues = {}, ExclusiveStartKey }: QueryCommandInput) => {
    const all = rows.get(ExpressionAttributeValues[':phase']?.S ?? '') ?? []
    const after = ExclusiveStartKey?.['sk']?.S
    const from =
      after === undefined ? 0 : all.findIndex((row) => `${row.connection}#${row.stream}` === after) + 1
    const page = all.slice(from, from + pageRows).map(({ connection, stream, tenant, provider }) => ({
      sk: { S: `${connection}#${stream}` },
      tenant: { S: tenant },
      provider: { S: provider },
    }))
    return { Items: page, ...(from + pageRows < all.length && { LastEvaluatedKey: page.at(-1) }) }
  }
  const client = {
    send: async (command: Command) => {
      calls.push(command.constructor.name)
      if (command.constructor.name === 'QueryCommand') return query(command.input as QueryCommandInput)
      return items.apply(command)
    },
  } as never
  const sqs = {
    send: async ({
      constructor,
      input,
    }: {
      constructor: { name: string }
      input: { Entries: { Id: string; MessageBody: string; DelaySeconds?: number }[] }
    }) => {
      calls.push(constructor.name)
      jobs.push(...input.Entries.map(({ MessageBody }) => JSON.parse(MessageBody) as PollJob))
      delays.push(...input.Entries.map(({ DelaySeconds = 0 }) => DelaySeconds))
      return { Successful: input.Entries.map(({ Id }) => ({ Id })) }
    },
  } as never
  const table = { client, table: 'connections', clock: virtualClock(start) }
  const memory = dynamoTickMemory(table)
  const deps: TickDeps = {
    phases: dynamoPhases(table),
    jobs: sqsPollJobs({ client: sqs, queueUrl: 'https://queue/polls' }),
    memory,
    isWanted: () => true,
    reconcile: async () => undefined,
    reconcileChanged: async () => undefined,
    log: () => {},
    metrics: { count: () => {}, measure: () => {} },
  }
  return { calls, jobs, delays, deps, memory, polled: () => jobs.flatMap(({ polls }) => polls) }
}

const poll = (connection: string, provider = 'sandbox'): PollRef => ({
  connection,
  stream: 'events',
  tenant: 'acme',
  provider,
})

/** `count` polls of which exactly `due` have their turn at {@link start}: the others are in phases of other minutes. */
function rowsOf(count: number, due: number): ReadonlyMap<string, readonly PollRef[]> {
  const minute = Math.floor(start / 60_000)
  const rows = new Map<string, PollRef[]>()
  for (let i = 0; i < count; i += 1) {
    const every = i < due ? (intervalClasses[i % 6] ?? 1) : 1_440
    const slot = i < due ? minute % every : (minute + 1 + (i % 1_000)) % 1_440
    const key = phaseKey(phaseText({ every, slot }))
    const partition = rows.get(key)
    if (partition) partition.push(poll(`conn_${i}`))
    else rows.set(key, [poll(`conn_${i}`)])
  }
  return rows
}

describe('what a tick costs', () => {
  test('the same AWS calls for 10, 1,000 and 100,000 connections where what is due is the same', async () => {
    const counts = await Promise.all(
      [
        [10, 10],
        [1_000, 100],
        [100_000, 100],
      ].map(async ([connections = 0, due = 0]) => {
        const world = given(rowsOf(connections, due))
        const ticked = await tick(start, world.deps)
        expect(ticked.polls).toBe(due)
        return world.calls.length
      }),
    )
    const [few = 0, ...more] = counts
    // Memory read and written, six phases, one batch of jobs.
    expect(few).toBe(9)
    for (const count of more) expect(Math.abs(count - few) / few).toBeLessThan(0.05)
  })

  test('grows with what is due: a page of rows and a batch of jobs more for each that is full', async () => {
    const world = given(
      new Map([[phaseKey('1#0'), Array.from({ length: 2_500 }, (_, i) => poll(`conn_${i}`))]]),
    )
    await tick(start, world.deps)
    expect(world.calls.filter((name) => name === 'QueryCommand')).toHaveLength(8)
    expect(world.calls.filter((name) => name === 'SendMessageBatchCommand')).toHaveLength(10)
    expect(world.jobs.map(({ polls }) => polls.length)).toEqual(Array(100).fill(25))
    expect(Math.max(...world.delays), 'handed out over the minute').toBeGreaterThan(40)
  })
})

describe('a tick', () => {
  const minuteOf = (at: EpochMs) => Math.floor(at / 60_000)

  test('takes each phase in its turn, and nothing in between', () => {
    const turns = Array.from({ length: 1_440 }, (_, minute) => phasesIn(minute, minute).map(phaseText))
    for (const every of intervalClasses)
      expect(new Set(turns.flat().filter((text) => text.startsWith(`${every}#`))).size).toBe(every)
    expect(turns.every((phases) => phases.length === 6)).toBe(true)
  })

  test('tells when the next turn of a phase is: after now, within its class, in its slot', () => {
    for (let i = 0; i < 500; i += 1) {
      const phase = phaseFor({ connection: `conn_${i}`, stream: 'events' }, intervalClasses[i % 6] ?? 1)
      const at = nextTurn(phase, start)
      expect(at).toBeGreaterThan(start)
      expect(at - start).toBeLessThanOrEqual(phase.every * 60_000)
      expect(minuteOf(at) % phase.every).toBe(phase.slot)
      expect(phaseOf(phaseText(phase))).toEqual(phase)
    }
    expect(phaseOf('7#1')).toBeUndefined()
    expect(phaseOf('5#5')).toBeUndefined()
  })

  test('puts what is due on the queue with its phase, and leaves what the config no longer wants', async () => {
    const world = given(new Map([[phaseKey('1#0'), [poll('conn_a'), poll('conn_b', 'other')]]]))
    await tick(start, { ...world.deps, isWanted: ({ provider }) => provider === 'sandbox' })
    expect(world.jobs).toEqual([
      { v: 1, due: minuteOf(start) * 60_000, polls: [{ ...poll('conn_a'), phase: '1#0' }] },
    ])
  })

  test('started twice for one minute queues its polls once', async () => {
    const world = given(new Map([[phaseKey('1#0'), [poll('conn_a')]]]))
    await tick(start, world.deps)
    await tick(epochMs(start + 20_000), world.deps)
    expect(world.polled()).toHaveLength(1)
    await tick(epochMs(start + 60_000), world.deps)
    expect(world.polled()).toHaveLength(2)
  })

  test('makes up for minutes that were missed, each poll once: six hours, or a day (F50)', async () => {
    const rows = rowsOf(5_000, 0)
    const world = given(rows)
    await tick(start, world.deps)
    expect(world.polled()).toHaveLength(0)
    await tick(epochMs(start + 6 * 3_600_000), world.deps)
    const sixHours = world.polled().length
    await tick(epochMs(start + 90 * 3_600_000), world.deps)
    expect(sixHours).toBeGreaterThan(1_500)
    expect(
      new Set(
        world
          .polled()
          .slice(sixHours)
          .map(({ connection }) => connection),
      ).size,
    ).toBe(5_000)
  })

  test('that could not queue its jobs is made up for by the next one', async () => {
    const world = given(new Map([[phaseKey('1#0'), [poll('conn_a')]]]))
    await world.memory.write({ minute: minuteOf(start) - 1 })
    const jobs = { send: () => Promise.reject(new SluiceError('BUFFER_UNAVAILABLE', 'away')) }
    await expect(tick(start, { ...world.deps, jobs })).rejects.toThrow('away')
    expect(await world.memory.read()).toEqual({ minute: minuteOf(start) - 1 })
    await tick(epochMs(start + 60_000), world.deps)
    expect(world.polled()).toHaveLength(1)
  })

  test('remembers how far connections were compared, and goes on after a comparison that failed', async () => {
    const world = given()
    const from: (string | undefined)[] = []
    const compare = (next: string | undefined | Error) => async (after: string | undefined) => {
      from.push(after)
      if (next instanceof Error) throw next
      return next
    }
    await tick(start, { ...world.deps, reconcile: compare('acme#1') })
    await tick(epochMs(start + 60_000), { ...world.deps, reconcile: compare(new Error('away')) })
    await tick(epochMs(start + 120_000), { ...world.deps, reconcile: compare(undefined) })
    await tick(epochMs(start + 180_000), { ...world.deps, reconcile: compare(undefined) })
    expect(from).toEqual([undefined, 'acme#1', 'acme#1', undefined])
    expect(tickKey).toBe('tick')
  })
})

import type { SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { poller, type PollerDeps } from '#functions/poller/batch.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { givenPoll, givenPolls, itemOf, orderFor, pages } from '#test/fakes/given-polls.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

async function given(count = 3) {
  const world = givenPolls(tables.client)
  const polls: Poll[] = []
  for (let i = 0; i < count; i += 1) polls.push(await givenPoll(world))
  world.state.read = pages({ items: [itemOf('a')] })
  await world.clock.advance(1_000)
  const ticks: string[] = []
  const deps: PollerDeps = {
    ...world.deps,
    isIdle: false,
    isWanted: () => true,
    memory: { read: async () => (ticks.push('read'), {}), write: async () => void ticks.push('write') },
    reconcile: async () => undefined,
    reconcileChanged: async () => undefined,
    tickKeeper: async () => undefined,
    judge: async () => void ticks.push('judge'),
  }
  let remaining = 120_000
  const context = { getRemainingTimeInMillis: () => remaining }
  const job: PollJob = {
    v: 1,
    due: world.clock.now(),
    polls: polls.map((poll) => {
      const { due: _, ...entry } = orderFor(poll, world.clock.now())
      return entry
    }),
  }
  return {
    ...world,
    deps,
    polls: world.deps.polls,
    made: polls,
    ticks,
    job,
    context,
    leave: (milliseconds: number) => (remaining = milliseconds),
  }
}

const batch = (...bodies: readonly string[]): SQSEvent =>
  ({
    Records: bodies.map((body, index) => ({ messageId: `m${index}`, body, eventSource: 'aws:sqs' })),
  }) as unknown as SQSEvent

test('runs all polls of a job and lets its message go', async () => {
  const world = await given(30)
  const answer = await poller(world.deps)(batch(JSON.stringify(world.job)), world.context)
  expect(answer).toEqual({ batchItemFailures: [] })
  const states = await Promise.all(world.made.map((poll) => world.polls.get(poll)))
  expect(states.map((poll) => poll?.found)).toEqual(Array(30).fill(1))
})

test('a schedule event is a tick, and where nothing is wanted not even that', async () => {
  const world = await given(0)
  expect(await poller(world.deps)({}, world.context)).toBeUndefined()
  expect(world.ticks).toEqual(['read', 'write', 'judge'])
  await poller({ ...world.deps, isIdle: true })({}, world.context)
  expect(world.ticks).toHaveLength(3)
})

test('a tick that fails ends quietly: the next one makes up for it', async () => {
  const world = await given(0)
  const memory = { ...world.deps.memory, read: () => Promise.reject(new Error('away')) }
  await expect(poller({ ...world.deps, memory })({}, world.context)).resolves.toBeUndefined()
})

test('a poll that the provider fails does not bring its job back; a table that is away does', async () => {
  const world = await given(2)
  world.state.read = () => {
    throw new Error('socket hang up')
  }
  expect(await poller(world.deps)(batch(JSON.stringify(world.job)), world.context)).toEqual({
    batchItemFailures: [],
  })

  const polls = { ...world.polls, lease: () => Promise.reject(new SluiceError('VAULT_UNAVAILABLE', 'away')) }
  const answer = await poller({ ...world.deps, polls })(
    batch('no job', JSON.stringify(world.job)),
    world.context,
  )
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] })
})

test('what there is no time for is handed over as a job of its own, and kept where that fails', async () => {
  const world = await given(3)
  world.leave(19_000)
  const event = batch(JSON.stringify(world.job))
  expect(await poller(world.deps)(event, world.context)).toEqual({ batchItemFailures: [] })
  expect(world.sent.map(({ jobs }) => jobs)).toEqual([[world.job]])
  expect(world.asked).toEqual([])

  const jobs = { send: () => Promise.reject(new Error('away')) }
  expect(await poller({ ...world.deps, jobs })(event, world.context)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm0' }],
  })
})

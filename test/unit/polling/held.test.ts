import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { runPoll } from '#lib/polling/run-poll.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import { epochMs, minutes, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { givenPoll, givenPolls, itemOf, orderFor, pages, type Read } from '#test/fakes/given-polls.ts'
import { createConnections, createTables, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
  await createTables(tables.client, 'ledger', 'control')
})
afterAll(() => tables.close())

const held = (retryAfterMs: number): ApiError =>
  new ApiError({
    provider: 'sandbox',
    status: 0,
    kind: 'held',
    code: 'breaker_open',
    retryAfterMs: ms(retryAfterMs),
  })

const failing = (error: ApiError): Read =>
  // oxlint-disable-next-line require-yield
  async function* () {
    throw error
  }

test('a poll that an open breaker held is queued for when it is probed, though turns of it come before', async () => {
  const world = givenPolls(tables.client)
  // Its turns are each minute, and none of the next nine is taken.
  const poll = await givenPoll(world, { phase: { every: 1, slot: 0 } })
  world.state.read = failing(held(minutes(9) + 20_000))
  const begun = epochMs(world.clock.now() + 1)
  expect(await runPoll(orderFor(poll, begun), world.deps)).toMatchObject({ kind: 'held' })
  expect(world.sent.map(({ delayMs }) => delayMs)).toEqual([minutes(9) + 20_000])
})

test('one that has to wait longer than the queue can is left to its turns', async () => {
  const world = givenPolls(tables.client)
  const poll = await givenPoll(world, { phase: { every: 1, slot: 0 } })
  world.state.read = failing(held(minutes(16)))
  await runPoll(orderFor(poll, epochMs(world.clock.now() + 1)), world.deps)
  expect(world.sent).toEqual([])
})

test('polls that a breaker held have run ten seconds after it closed, whatever their classes are', async () => {
  const world = givenPolls(tables.client)
  const { clock, deps, sent, state } = world
  const breaker = dynamoBreaker({ client: tables.client, table: 'control', clock, random: seededRandom(3) })
  const outage = { until: clock.now() + minutes(4), closedAt: 0 }
  state.read = async function* (from) {
    const entry = await breaker.enter('sandbox')
    if (entry.kind === 'open') throw held(entry.retryAfterMs)
    const isDown = clock.now() < outage.until
    await entry.report(isDown ? 'failure' : 'success')
    if (isDown) throw held(20_000)
    if (outage.closedAt === 0) outage.closedAt = clock.now()
    yield* pages({ items: [itemOf('a')] })(from)
  }
  const polls = []
  for (const every of [1, 5, 60, 1_440, 1_440] as const)
    polls.push(await givenPoll(world, { phase: { every, slot: 0 } }))
  // Enough failures to open it.
  for (let call = 0; call < 30; call += 1) {
    const entry = await breaker.enter('sandbox')
    if (entry.kind === 'pass') await entry.report('failure')
  }
  const waiting: { at: number; job: PollJob }[] = polls.map((poll) => {
    const { due, ...entry } = orderFor(poll, epochMs(clock.now() + 1))
    return { at: clock.now(), job: { v: 1, due, polls: [entry] } }
  })
  const doneAt: number[] = []
  // The queue: the earliest first, each with what it puts back.
  while (waiting.length > 0 && doneAt.length < polls.length) {
    waiting.sort((a, b) => a.at - b.at)
    const next = waiting.shift()
    const [entry] = next?.job.polls ?? []
    if (!next || !entry) break
    await clock.advance(Math.max(1, next.at - clock.now()))
    const outcome = await runPoll({ ...entry, due: next.job.due }, deps)
    if (outcome.kind === 'done') doneAt.push(clock.now())
    for (const { jobs, delayMs } of sent.splice(0))
      for (const job of jobs) waiting.push({ at: clock.now() + Math.ceil(ms(delayMs) / 1_000) * 1_000, job })
  }
  expect(doneAt).toHaveLength(polls.length)
  expect(outage.closedAt).toBeGreaterThanOrEqual(outage.until)
  expect(Math.max(...doneAt) - outage.closedAt).toBeLessThanOrEqual(10_000)
})

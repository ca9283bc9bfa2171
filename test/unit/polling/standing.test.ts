import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from '#lib/buffer/envelope.ts'
import { runPoll } from '#lib/polling/run-poll.ts'
import { epochMs, minutes, type EpochMs } from '#lib/primitives/clock.ts'
import { givenPoll, givenPolls, itemOf, orderFor, pages, timeAt } from '#test/fakes/given-polls.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

async function given(watermarkAgeMs = 600_000) {
  const world = givenPolls(tables.client)
  const { clock, deps, counts } = world
  const poll = await givenPoll(world, { watermark: timeAt((clock.now() - watermarkAgeMs) as EpochMs) })
  return {
    ...world,
    poll,
    /** One turn, five minutes after the last. */
    turn: async () => {
      await clock.advance(minutes(5))
      return runPoll({ ...orderFor(poll, clock.now()), urgent: true }, deps)
    },
    still: () => counts.filter((name) => name === 'WatermarkStill').length,
  }
}

test('a stream whose turns all fail stands still after an hour, and no more once one gets through', async () => {
  const world = await given()
  // oxlint-disable-next-line require-yield
  world.state.read = async function* () {
    throw new Error('the provider is away')
  }
  for (let turn = 1; turn <= 12; turn += 1) await world.turn()
  expect(world.still()).toBe(0)
  await world.turn()
  await world.turn()
  expect(world.still()).toBe(2)
  world.state.read = pages({ items: [] })
  expect((await world.turn()).kind).toBe('done')
  await world.turn()
  expect(world.still()).toBe(2)
})

test('a stream that brings changes while its watermark stays days ago stands still', async () => {
  const world = await given(3 * 86_400_000)
  let made = 0
  world.state.read = async function* () {
    yield { items: [itemOf(`evt_${(made += 1)}`)] }
  }
  await world.turn()
  expect(world.still()).toBe(1)
  world.state.read = async function* () {
    yield { items: [itemOf(`evt_${(made += 1)}`)], largest: timeAt(epochMs(world.clock.now() - 60_000)) }
  }
  await world.turn()
  expect(world.still()).toBe(1)
})

test('what a webhook should bring too says which poll found it, also after the queue', async () => {
  const world = await given()
  world.state.read = pages({ items: [itemOf('evt_1')] })
  await world.turn()
  world.state.hasWebhooks = true
  world.state.read = pages({ items: [itemOf('evt_2')] })
  await world.turn()
  const { connection, stream } = world.poll
  expect(world.queued.map(({ poll }) => poll)).toEqual([undefined, { connection, stream }])
  expect(world.queued.map((each) => decodeEnvelope(encodeEnvelope(each)))).toEqual(world.queued)
})

test.each([{}, { connection: 1, stream: 's' }, { connection: 'c', stream: 's', more: 1 }, 'c', null])(
  'an envelope whose poll is %j is none',
  async (poll) => {
    const world = await given()
    world.state.read = pages({ items: [itemOf('evt_1')] })
    await world.turn()
    const message = JSON.stringify({ ...world.queued[0], poll })
    expect(() => decodeEnvelope(message)).toThrow('not an envelope')
  },
)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { runPoll } from '#lib/polling/run-poll.ts'
import { epochMs, minutes, ms, toSeconds } from '#lib/primitives/clock.ts'
import { givenPoll, givenPolls, orderFor, pages } from '#test/fakes/given-polls.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { envelopeOf, givenWorker, startLedger } from '#test/fakes/given-worker.ts'
import { noted } from '#test/fakes/noted.ts'
import { stripeSigner } from '#test/fakes/signers.ts'
import { createConnections, type Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startLedger()
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

test('an accepted webhook tells how long it took, and how old its event was', async () => {
  const metrics = noted()
  const clock = virtualClock()
  const given = givenWebhook({
    endpoints: [endpointOf('stripe')],
    secrets: { stripe: [stripeSigner.secret] },
    // The queue takes its time.
    answer: () => clock.advance(30),
    metrics,
    clock,
  })
  const created = toSeconds(clock.now()) - 90
  const body = new TextEncoder().encode(`{"id":"evt_1","type":"charge.succeeded","created":${created}}`)
  const headers = await stripeSigner.sign(body, stripeSigner.secret, toSeconds(clock.now()))
  const receivedAt = clock.now()

  expect((await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))).statusCode).toBe(202)
  expect(metrics.all).toEqual([
    'WebhookAccepted stripe 1',
    'WebhookLatency stripe 30',
    `WebhookAge stripe ${receivedAt - created * 1_000}`,
  ])
})

test('a refused webhook has no length: strangers would decide what is usual', async () => {
  const metrics = noted()
  const given = givenWebhook({ endpoints: [endpointOf('stripe')], secrets: { stripe: ['other'] }, metrics })
  await given.send(gatewayEvent({ path: '/webhooks/stripe', body: '{}' }))
  expect(metrics.all).toEqual(['WebhookRejected stripe 1'])
})

test('an event that is done tells how long that took since its receipt', async () => {
  const metrics = noted()
  const worker = givenWorker(tables, { handlers: [() => worker.clock.advance(200)] })
  const work = worker.sandbox({ metrics })
  const receivedAt = epochMs(worker.clock.now() - 5_000)
  await work([envelopeOf(worker.clock, { receivedAt })])
  expect(metrics.lengths('EventLatency')).toEqual([5_200])
  expect(metrics.all.filter((line) => line.startsWith('EventStarted'))).toEqual(['EventStarted stripe 1'])
})

test('a replay and a redrive have no length: they waited for somebody', async () => {
  const metrics = noted()
  const worker = givenWorker(tables)
  const work = worker.sandbox({ metrics })
  await work([envelopeOf(worker.clock, { via: 'replay', replayOf: 'evt_x' })])
  expect(metrics.all).toContain('EventDone stripe 1')
  expect(metrics.lengths('EventLatency')).toEqual([])
})

test('a poll that has read to its end knows all until it began; one that failed, all until the last that had', async () => {
  const metrics = noted()
  const world = givenPolls(tables.client)
  const poll = await givenPoll(world)
  const deps = { ...world.deps, metrics }
  const run = () => runPoll(orderFor(poll, world.clock.now()), deps)

  await world.clock.advance(ms(1_000))
  await run()
  expect(metrics.lengths('PollLag')).toEqual([0])

  await world.clock.advance(minutes(90))
  // oxlint-disable-next-line require-yield
  world.state.read = async function* () {
    throw new Error('no')
  }
  await run()
  expect(metrics.lengths('PollLag')).toEqual([0, 90 * 60_000])

  world.state.read = pages()
  await world.clock.advance(minutes(30))
  await run()
  expect(metrics.lengths('PollLag').at(-1)).toBe(0)
})

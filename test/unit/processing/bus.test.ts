import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, expect, test } from 'vitest'
import { eventBridgeBus } from '#lib/processing/bus.eventbridge.ts'
import { toEvent } from '#lib/processing/event.ts'
import type { HandlerContext } from '#lib/processing/handler.ts'
import { envelopeOf } from '#test/fakes/given-worker.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const bridge = mockClient(EventBridgeClient)
afterEach(() => void bridge.reset())

const clock = virtualClock()

async function publish(text: string, type = 'charge.succeeded') {
  const envelope = envelopeOf(clock, { text, type })
  const rawBody = new TextEncoder().encode(text)
  const context = { idempotencyKey: envelope.id, rawBody, signal: new AbortController().signal }
  const bus = eventBridgeBus({ client: new EventBridgeClient({}), busName: 'sluice-test' })
  await bus.deliver(toEvent(envelope, rawBody), context as HandlerContext)
  const [entry] = bridge.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? []
  return { envelope, entry, detail: JSON.parse(entry?.Detail ?? '') as Record<string, unknown> }
}

test('an event goes out as a CloudEvent', async () => {
  bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] })
  const { entry, envelope, detail } = await publish('{"id":"evt_1"}')
  expect(entry).toMatchObject({
    EventBusName: 'sluice-test',
    Source: 'sluice',
    DetailType: 'stripe.charge.succeeded',
    Time: new Date(envelope.receivedAt),
  })
  expect(detail).toMatchObject({
    specversion: '1.0',
    id: envelope.deliveryKey,
    source: '/sluice/stripe/default',
    type: 'stripe.charge.succeeded',
    tenant: 'default',
    via: 'webhook',
    data: { id: 'evt_1' },
  })
})

test('F39: a 200 that refused the entry is a failure', async () => {
  bridge
    .on(PutEventsCommand)
    .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] })
  await expect(publish('{}')).rejects.toMatchObject({
    code: 'DESTINATION_UNAVAILABLE',
    message: expect.stringContaining('ThrottlingException') as string,
  })
})

test('F39: an event too large for the bus goes without its data and says where it is', async () => {
  bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
  const { entry, detail, envelope } = await publish(JSON.stringify({ id: 'x', data: 'y'.repeat(300_000) }))
  expect(Buffer.byteLength(entry?.Detail ?? '')).toBeLessThan(256_000)
  expect(detail).toMatchObject({ dataref: `/api/events/${envelope.id}` })
  expect(detail).not.toHaveProperty('data')
})

test('F39: a type longer than the bus takes is cut there and whole in the event', async () => {
  bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
  const type = 't'.repeat(128)
  const { entry, detail } = await publish('{}', type)
  expect(entry?.DetailType).toHaveLength(128)
  expect(detail['type']).toBe(`stripe.${type}`)
})

test('F32: data too deep to be written goes as the bytes that came', async () => {
  bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
  const deep = `${'['.repeat(6_000)}${']'.repeat(6_000)}`
  const { detail } = await publish(deep)
  expect(Buffer.from(String(detail['data_base64']), 'base64').toString()).toBe(deep)
})

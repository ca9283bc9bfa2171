import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventId, type Envelope } from '#lib/buffer/envelope.ts'
import type { BusEndpoint } from '#lib/processing/bus-intake.ts'
import { envelopeOf, givenWorker, startLedger, type Effect } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

const partner = 'aws.partner/stripe.com/ed_1'
const endpoints: Readonly<Record<string, BusEndpoint>> = {
  [partner]: { id: 'stripe', provider: 'stripe', tenant: 'default', tenants: { acct_7: 'acme' } },
  'aws.ses': { id: 'ses', provider: 'ses', tenant: 'default' },
  'aws.s3': { id: 's3', provider: 's3', tenant: 'default' },
}

function given() {
  const effects: Effect[] = []
  const worker = givenWorker(table, {
    busEndpoint: (source) => endpoints[source],
    handlers: [(event, context) => void effects.push({ event, context })],
  })
  return { ...worker, effects }
}

let made = 0
const fresh = (): number => (made += 1)
const onBus = (source: string, type: string, detail: object): string =>
  JSON.stringify({
    version: '0',
    id: `bus-${fresh()}`,
    'detail-type': type,
    source,
    account: '123456789012',
    time: '2026-05-28T20:26:40Z',
    region: 'us-east-1',
    resources: [],
    detail,
  })

const bounce = (n: number) => ({
  eventType: 'Bounce',
  mail: { messageId: `m-${n}`, timestamp: '2026-05-28T20:26:40Z' },
  bounce: { feedbackId: `f-${n}` },
})
const throughSns = (worker: ReturnType<typeof given>, detail: ReturnType<typeof bounce>): Envelope => {
  const key = `Bounce|${detail.mail.messageId}|${detail.bounce.feedbackId}`
  return {
    ...envelopeOf(worker.clock, {
      provider: 'ses',
      endpoint: 'ses',
      type: 'Bounce',
      deliveryKey: `sns-${fresh()}`,
      text: JSON.stringify({ Type: 'Notification', Message: JSON.stringify(detail) }),
    }),
    changeKey: key,
    id: eventId('default', 'ses', key),
  }
}

describe('an event that arrives on a bus', () => {
  test('is the same event as its webhook: id, type, time, tenant and data', async () => {
    const worker = given()
    const detail = {
      id: `evt_bus_${fresh()}`,
      type: 'charge.succeeded',
      created: 1_780_000_000,
      account: 'acct_7',
    }
    expect(await worker.work([onBus(partner, 'charge.succeeded', detail)])).toEqual([])
    expect(worker.effects[0]?.event).toMatchObject({
      id: detail.id,
      type: 'stripe.charge.succeeded',
      time: '2026-05-28T20:26:40.000Z',
      tenant: 'acme',
      account: 'acct_7',
      via: 'bus',
      data: detail,
    })
    expect(await worker.record(eventId('acme', 'stripe', detail.id))).toMatchObject({
      st: 'done',
      via: 'bus',
    })
  })

  test.each(['webhook first', 'bus first'])('and on a topic is handled once, %s', async (order) => {
    const worker = given()
    const detail = bounce(fresh())
    const messages = [throughSns(worker, detail), onBus('aws.ses', 'Email Bounced', detail)]
    for (const message of order === 'bus first' ? messages.toReversed() : messages) {
      expect(await worker.work([message])).toEqual([])
    }
    expect(worker.effects).toHaveLength(1)
    expect(worker.effects[0]?.event).toMatchObject({
      id: `Bounce|${detail.mail.messageId}|${detail.bounce.feedbackId}`,
      type: 'ses.Bounce',
      data: detail,
    })
    // Other bytes, and no conflict: the bus words the same fact differently.
    expect(worker.counted).not.toContain('EventConflict')
    expect(worker.counted).toContain('EventDuplicate')
  })

  test('takes over from a webhook whose handler failed', async () => {
    const worker = given()
    const detail = bounce(fresh())
    const webhook = throughSns(worker, detail)
    const broken = worker.sandbox({
      sinks: [
        { name: 'handler-0', wants: () => true, deliver: () => Promise.reject(new Error('not today')) },
      ],
    })
    expect(await broken([webhook])).toEqual(['m0'])
    expect(await worker.work([onBus('aws.ses', 'Email Bounced', detail)])).toEqual([])
    expect(await worker.record(webhook.id)).toMatchObject({ st: 'done', attempts: 2 })
    expect(await worker.work([webhook])).toEqual([])
    expect(worker.effects).toHaveLength(1)
  })

  test('of S3 has the identity of its record in a topic', async () => {
    const worker = given()
    const n = fresh()
    const detail = { bucket: { name: `b-${n}` }, object: { key: 'a b.txt', sequencer: '1' } }
    await worker.work([onBus('aws.s3', 'Object Created', detail)])
    expect(worker.effects[0]?.event).toMatchObject({ id: `b-${n}|a b.txt|1`, type: 's3.Object Created' })
  })

  test('keeps digits that a double would lose', async () => {
    const worker = given()
    const text = onBus('aws.ses', 'Email Sent', { eventType: 'Send', n: 1 }).replace(
      '"n":1',
      '"n":12345678901234567890',
    )
    await worker.work([text])
    expect(Buffer.from(worker.effects[0]?.context.rawBody ?? []).toString()).toContain('12345678901234567890')
  })
})

describe('what is no event of a bus that an endpoint names', () => {
  test.each([
    ['another source', onBus('aws.ec2', 'x', {})],
    ['a source whose name only begins like one', onBus(`${partner}x`, 'x', {})],
    [
      'no detail',
      JSON.stringify({ id: '1', source: 'aws.ses', 'detail-type': 'x', time: '2026-05-28T20:26:40Z' }),
    ],
    ['no time', JSON.stringify({ id: '2', source: 'aws.ses', 'detail-type': 'x', time: 'soon', detail: {} })],
    ['a name of every object', onBus('constructor', 'x', {})],
  ])('is kept and dead: %s', async (_name, message) => {
    const worker = given()
    expect(await worker.work([message])).toEqual([])
    expect(worker.effects).toEqual([])
    expect(worker.counted).toEqual(['EventDead'])
  })
})

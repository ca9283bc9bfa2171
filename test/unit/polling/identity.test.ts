import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope, eventId } from '#lib/buffer/envelope.ts'
import { toEvent } from '#lib/processing/event.ts'
import { parseBody } from '#lib/facts/body.ts'
import { identify } from '#lib/facts/identity.ts'
import { envelopeFromBus } from '#lib/processing/bus-intake.ts'
import { split } from '#lib/processing/split.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { envelopeOf } from '#test/fakes/given-worker.ts'
import type { Answering } from '../outbound/operations/given-api.ts'
import { polledEvents, providerOf } from './given-listing.ts'

interface Vector {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/webhooks.json', import.meta.url), 'utf8'),
) as readonly Vector[]
const vector = (name: string): string => vectors.find((each) => each.name === name)?.body ?? ''

/** The id and type of what a webhook of this body brings, or its first element. */
function byWebhook(id: string, text: string, contentType = 'application/json') {
  const declaration = providerOf(id).webhooks
  if (!declaration) throw new Error(`${id} has no webhooks`)
  const bytes = Buffer.from(text)
  const clock = virtualClock()
  const whole = envelopeOf(clock, { provider: id, endpoint: id, deliveryKey: 'd', text, type: 'batch' })
  const [element] = split(whole, bytes, declaration, undefined) ?? []
  if (element) return { id: element.id, type: element.type }
  const body = parseBody(bytes, declaration, { contentType })
  const identity = identify(declaration, { header: () => undefined, bytes, body })
  return { id: eventId('default', id, identity.changeKey ?? identity.deliveryKey), type: identity.type }
}

interface Row {
  readonly provider: string
  readonly stream: string
  /** The same fact by webhook, and by a list. */
  readonly webhook: string
  readonly contentType?: string
  readonly listed: Readonly<Record<string, unknown>>
  /** What makes another fact of it. */
  readonly other: Readonly<Record<string, unknown>>
  readonly answer: (item: object) => readonly Answering[]
  readonly from?: object
}

const form = 'application/x-www-form-urlencoded'
const rows: readonly Row[] = [
  {
    provider: 'stripe',
    stream: 'events',
    webhook:
      '{"id":"evt_1","object":"event","type":"charge.succeeded","created":1795247000,"pending_webhooks":2}',
    listed: {
      id: 'evt_1',
      object: 'event',
      type: 'charge.succeeded',
      created: 1_795_247_000,
      pending_webhooks: 0,
    },
    other: { id: 'evt_2' },
    answer: (item) => [{ body: { object: 'list', data: [item], has_more: false } }],
  },
  {
    provider: 'slack',
    stream: 'messages?channel=C123ABC456',
    webhook: vector('slack-event-callback-unicode'),
    listed: { type: 'message', user: 'U123ABC456', text: 'héllo 👋 & <@U1>', ts: '1710000000.000200' },
    other: { ts: '1710000000.000201' },
    answer: (item) => [{ body: { ok: true, messages: [item], has_more: false } }],
  },
  {
    provider: 'slack',
    stream: 'messages?channel=C1',
    webhook:
      '{"type":"event_callback","event_id":"Ev2","event":{"type":"message","subtype":"bot_message","channel":"C1","ts":"1710000000.000300"}}',
    listed: { type: 'message', subtype: 'bot_message', ts: '1710000000.000300' },
    other: { subtype: 'channel_join' },
    answer: (item) => [{ body: { ok: true, messages: [item] } }],
  },
  {
    provider: 'twilio',
    stream: 'messages?accountSid=AC1',
    webhook: 'MessageSid=SM1&MessageStatus=delivered&AccountSid=AC1',
    contentType: form,
    listed: {
      sid: 'SM1',
      status: 'delivered',
      account_sid: 'AC1',
      date_sent: 'Sat, 21 Nov 2026 07:00:00 +0000',
    },
    other: { status: 'undelivered' },
    answer: (item) => [{ body: { messages: [item], next_page_uri: null } }],
  },
  {
    provider: 'twilio',
    stream: 'messages?accountSid=AC1',
    webhook: 'MessageSid=SM9&SmsSid=SM9&SmsStatus=received&AccountSid=AC1&Body=Hi',
    contentType: form,
    listed: { sid: 'SM9', status: 'received', account_sid: 'AC1', body: 'Hi', date_sent: null },
    other: { sid: 'SM8' },
    answer: (item) => [{ body: { messages: [item], next_page_uri: null } }],
  },
  {
    provider: 'paypal',
    stream: 'events',
    webhook: '{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED","create_time":"2026-11-21T07:00:00Z"}',
    listed: { id: 'WH-1', event_type: 'PAYMENT.SALE.COMPLETED', create_time: '2026-11-21T07:00:00Z' },
    other: { id: 'WH-2' },
    answer: (item) => [{ body: { events: [item], links: [] } }],
  },
  {
    provider: 'auth0',
    stream: 'logs',
    webhook: vector('auth0-logstream-ok'),
    listed: {
      date: '2024-03-09T16:00:00.000Z',
      type: 's',
      log_id: '90020240309160000000000000000000000001223372036854775807',
      _id: '90020240309160000000000000000000000001223372036854775807',
    },
    other: { log_id: '90020240309160000000000000000000000001223372036854775808' },
    answer: (item) => [{ body: [item] }, { body: [] }],
    from: { cursor: '900' },
  },
]

describe('one fact, by webhook and by poll', () => {
  test.each(rows)('$provider $stream: the same id and type', async (row) => {
    const [polled] = await polledEvents(row.provider, row.stream, row.answer(row.listed), row.from)
    const webhook = byWebhook(row.provider, row.webhook, row.contentType)
    expect({ id: polled?.id, type: polled?.type }).toEqual(webhook)
    expect(polled?.via).toBe('poll')
  })

  test.each(rows)('$provider $stream: another fact has another id', async (row) => {
    const listed = { ...row.listed, ...row.other }
    const [polled] = await polledEvents(row.provider, row.stream, row.answer(listed), row.from)
    expect(polled?.id).toMatch(/^evt_/)
    expect(polled?.id).not.toBe(byWebhook(row.provider, row.webhook, row.contentType).id)
  })

  test('and by bus, where there is one', async () => {
    const row = rows[0] as Row
    const source = 'aws.partner/stripe.com/ed_1'
    const onBus = envelopeFromBus(
      JSON.stringify({
        id: 'b1',
        'detail-type': 'charge.succeeded',
        source,
        time: '2026-11-21T07:00:00Z',
        detail: row.listed,
      }),
      {
        busEndpoint: () => ({ id: 'stripe', provider: 'stripe', tenant: 'default' }),
        declaration: (id) => providerOf(id).webhooks,
      },
    )
    const [polled] = await polledEvents('stripe', 'events', row.answer(row.listed))
    expect(polled?.id).toBe(onBus?.id)
  })

  test('every stream that shares its keys is one of these', () => {
    const shared = [
      'stripe',
      'slack',
      'twilio',
      'paypal',
      'auth0',
      'github',
      'quickbooks',
      'gmail',
      'leaflink',
    ]
      .flatMap((id) => Object.entries(providerOf(id).polls ?? {}).map(([name, poll]) => ({ id, name, poll })))
      .filter(({ poll }) => poll.event.keys === 'shared')
      .map(({ id, name }) => `${id} ${name}`)
    expect(new Set(rows.map(({ provider, stream }) => `${provider} ${stream.split('?')[0]}`))).toEqual(
      new Set(shared),
    )
  })
})

describe('facts that are not the same', () => {
  test('a Slack message and its change, its deletion and a mention of the app in it', () => {
    const inChannel = (event: object) =>
      byWebhook(
        'slack',
        JSON.stringify({ event_id: 'x', event: { type: 'message', channel: 'C1', ts: '1.2', ...event } }),
      ).id
    const ids = [
      inChannel({}),
      inChannel({ subtype: 'message_changed', ts: '1.3' }),
      inChannel({ subtype: 'message_deleted', ts: '1.4' }),
      inChannel({ type: 'app_mention' }),
      inChannel({ channel: 'C2' }),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('a Slack event without a time of a message is told apart by its own id', () => {
    const reaction = (id: string) =>
      byWebhook(
        'slack',
        JSON.stringify({
          event_id: id,
          event: { type: 'reaction_added', item: { channel: 'C1', ts: '1.2' } },
        }),
      ).id
    expect(reaction('Ev1')).not.toBe(reaction('Ev2'))
  })

  test('equal keys of two streams of a provider, of two channels, of two repositories', async () => {
    const issue = { id: 7, updated_at: '2026-11-21T07:00:00Z' }
    const ids = await Promise.all(
      ['issues?owner=o&repo=a', 'issues?owner=o&repo=b', 'comments?owner=o&repo=a'].map(
        async (stream) => (await polledEvents('github', stream, [{ body: [issue] }]))[0]?.id,
      ),
    )
    expect(new Set(ids).size).toBe(3)
  })

  test('another version of a thing has another id', async () => {
    const versions: readonly (readonly [string, string, object, object, (item: object) => Answering])[] = [
      [
        'github',
        'issues?owner=o&repo=a',
        { id: 7, updated_at: '2026-11-21T07:00:00Z' },
        { updated_at: '2026-11-21T07:00:01Z' },
        (item) => ({ body: [item] }),
      ],
      [
        'leaflink',
        'orders-received',
        { number: 'n', modified: '2026-11-21T07:00:00Z' },
        { modified: '2026-11-21T07:00:00.000001Z' },
        (item) => ({ body: { count: 1, results: [item] } }),
      ],
      [
        'distru',
        'products',
        { id: 1, updated_datetime: '2026-11-21T07:00:00Z' },
        { name: 'x' },
        (item) => ({ body: { data: [item], next_page: null } }),
      ],
      [
        'quickbooks',
        'changes?entity=Invoice',
        { Id: '1', SyncToken: '3', MetaData: { LastUpdatedTime: '2026-11-21T07:00:00-08:00' } },
        { SyncToken: '4' },
        (item) => ({
          body: { CDCResponse: [{ QueryResponse: [{ Invoice: [item] }] }], time: '2026-11-21T08:00:00Z' },
        }),
      ],
      [
        'quickbooks',
        'changes?entity=Invoice',
        { Id: '1', SyncToken: '3', MetaData: { LastUpdatedTime: '2026-11-21T07:00:00-08:00' } },
        { status: 'Deleted' },
        (item) => ({ body: { CDCResponse: [{ QueryResponse: [{ Invoice: [item] }] }] } }),
      ],
      [
        'google-analytics',
        'daily-events?property=1',
        {
          dimensionValues: [{ value: '20261120' }, { value: 'view' }],
          metricValues: [{ value: '3' }, { value: '2' }],
        },
        { metricValues: [{ value: '4' }, { value: '2' }] },
        (item) => ({ body: { kind: 'k', rows: [item], rowCount: 1 } }),
      ],
    ]
    for (const [id, stream, item, change, answer] of versions) {
      const one = await polledEvents(id, stream, [answer(item)])
      const again = await polledEvents(id, stream, [answer(item)])
      const two = await polledEvents(id, stream, [answer({ ...item, ...change })])
      expect([id, one.map((each) => each.id)]).toEqual([id, again.map((each) => each.id)])
      expect([id, one[0]?.id !== two[0]?.id && two.length === 1]).toEqual([id, true])
    }
  })
})

test('a handler is told which version of a thing a poll found', async () => {
  const order = { number: 'n', modified: '2026-11-21T07:00:00.000001Z', status: 'Shipped' }
  const [found] = await polledEvents('leaflink', 'orders-received', [
    { body: { count: 1, results: [order] } },
  ])
  if (!found) throw new Error('nothing was found')
  expect(decodeEnvelope(encodeEnvelope(found))).toEqual(found)
  expect(toEvent(found, Buffer.from(JSON.stringify(order)))).toMatchObject({
    type: 'leaflink.order.Shipped',
    version: '2026-11-21T07:00:00.000001Z',
    time: '2026-11-21T07:00:00.000Z',
    via: 'poll',
    data: order,
  })
})

import { describe, expect, test } from 'vitest'
import { sendPush } from '#lib/outbound/operations/firebase.ts'
import { collectEvents, runReport, type CollectInput } from '#lib/outbound/operations/google-analytics.ts'
import { exportEvents, trackEvents, type TrackInput } from '#lib/outbound/operations/mixpanel.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

describe('Mixpanel', () => {
  const event = (n: number) => ({
    event: 'Signed Up',
    properties: { time: 1_602_611_311, $insert_id: `i${n}`, distinct_id: 'u1' },
  })
  const tracked: TrackInput = {
    token: 'a1'.repeat(16),
    events: [
      {
        event: 'Paid',
        timeMs: 1_795_248_000_000,
        distinctId: 'u1',
        insertId: 'evt-1',
        properties: { plan: 'pro' },
      },
    ],
  }

  test('exports events as lines', async () => {
    const { client, sent } = givenApi('mixpanel', {
      body: `${JSON.stringify(event(1))}\n${JSON.stringify(event(2))}\n`,
    })
    const found = await collect(
      exportEvents(client, { from: '2026-11-20', to: '2026-11-21', events: ['Signed Up'] }),
    )
    expect(found).toEqual([event(1), event(2)])
    expect(sent[0]?.target).toMatch(/^https:\/\/data\.mixpanel\.com\/api\/2\.0\/export\?/)
    expect(queryOf(sent[0]?.target)).toEqual({
      from_date: '2026-11-20',
      to_date: '2026-11-21',
      event: '["Signed Up"]',
    })
  })

  test('that limits exports, or sends what is no event, is an error', async () => {
    const limited = givenApi('mixpanel', { status: 429, body: { error: 'rate limit' } })
    const days = { from: '2026-11-20', to: '2026-11-21' }
    await expect(collect(exportEvents(limited.client, days))).rejects.toMatchObject({ kind: 'throttled' })
    const odd = givenApi('mixpanel', { body: '{"event":"x","properties":{"time":"now"}}\n' })
    await expect(collect(exportEvents(odd.client, days))).rejects.toThrow(/at \/properties\/time$/)
    await expect(collect(exportEvents(odd.client, { from: days.to, to: days.from }))).rejects.toThrow(
      'end before',
    )
    await expect(collect(exportEvents(odd.client, { ...days, to: '2026-13-01' }))).rejects.toThrow('/to')
  })

  test('is told of events, each with what makes it known again', async () => {
    const { client, sent } = givenApi('mixpanel', { body: { status: 1, error: null } })
    await trackEvents(client, tracked)
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/track?verbose=1' })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual([
      {
        event: 'Paid',
        properties: {
          plan: 'pro',
          token: tracked.token,
          time: 1_795_248_000_000,
          distinct_id: 'u1',
          $insert_id: 'evt-1',
        },
      },
    ])
  })

  test('that refuses inside a 200, or is told nonsense, is an error', async () => {
    const { client } = givenApi('mixpanel', { body: { status: 0, error: "'event' missing" } })
    await expect(trackEvents(client, tracked)).rejects.toMatchObject({ kind: 'invalid' })
    await expect(trackEvents(client, { ...tracked, events: [] })).rejects.toThrow(
      '/events must have an event',
    )
  })
})

describe('Google Analytics', () => {
  const input: CollectInput = {
    measurementId: 'G-ABC123',
    clientId: '1.2',
    events: [{ name: 'purchase', params: { value: 5 } }],
  }

  test('is shown events before it is sent them', async () => {
    const { client, sent } = givenApi(
      'google-analytics',
      { body: { validationMessages: [] } },
      { status: 204 },
    )
    await collectEvents(client, input)
    expect(sent.map(({ target }) => target)).toEqual([
      '/debug/mp/collect?measurement_id=G-ABC123',
      '/mp/collect?measurement_id=G-ABC123',
    ])
    const document = { client_id: '1.2', events: input.events }
    expect(JSON.parse(sent[1]?.body ?? '')).toEqual(document)
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      ...document,
      validation_behavior: 'ENFORCE_RECOMMENDATIONS',
    })
  })

  test('is not sent what it finds fault with', async () => {
    const validationMessages = [{ description: 'Event name is reserved.', validationCode: 'NAME_RESERVED' }]
    const { client, sent } = givenApi('google-analytics', { body: { validationMessages } })
    const sending = collectEvents(client, input)
    await expect(sending).rejects.toMatchObject({ kind: 'invalid', code: 'NAME_RESERVED' })
    expect(sent).toHaveLength(1)
  })

  test.each([
    [
      '/events must be at most 25',
      { ...input, events: Array(26).fill(input.events[0]) as typeof input.events },
    ],
    ['/events/0/name', { ...input, events: [{ name: '1st' }] }],
    ['/measurementId', { ...input, measurementId: 'UA-1' }],
  ])('is not shown what can not be: %s', async (place, wrong) => {
    const { client } = givenApi('google-analytics')
    await expect(collectEvents(client, wrong)).rejects.toThrow(place)
  })

  const row = (day: string, users: string) => ({
    dimensionValues: [{ value: day }],
    metricValues: [{ value: users }],
  })
  const report = {
    propertyId: '123',
    from: '2026-11-01',
    to: '2026-11-03',
    dimensions: ['date'],
    metrics: ['activeUsers'],
    pageSize: 2,
  }

  test('reports in pages, its numbers as text', async () => {
    const { client, sent } = givenApi(
      'google-analytics',
      { body: { rowCount: 3, rows: [row('20261101', '5'), row('20261102', '12345678901234567890')] } },
      { body: { rowCount: 3, rows: [row('20261103', '7')] } },
    )
    expect(await collect(runReport(client, report))).toEqual([
      { date: '20261101', activeUsers: '5' },
      { date: '20261102', activeUsers: '12345678901234567890' },
      { date: '20261103', activeUsers: '7' },
    ])
    expect(sent[0]).toMatchObject({
      method: 'POST',
      target: 'https://analyticsdata.googleapis.com/v1beta/properties/123:runReport',
    })
    expect(sent.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { limit: '2', offset: '0', orderBys: [{ dimension: { dimensionName: 'date' } }] },
      { limit: '2', offset: '2' },
    ])
  })

  test('reports nothing where nothing was counted, and refuses wrong types', async () => {
    const empty = givenApi('google-analytics', { body: { kind: 'analyticsData#runReport' } })
    expect(await collect(runReport(empty.client, report))).toEqual([])
    const odd = givenApi('google-analytics', {
      body: { rowCount: 1, rows: [{ metricValues: [{ value: 5 }] }] },
    })
    await expect(collect(runReport(odd.client, report))).rejects.toThrow(
      /at \/rows\/0\/metricValues\/0\/value$/,
    )
  })
})

describe('Firebase', () => {
  const to = { token: 'device' }

  test('sends to a device', async () => {
    const { client, sent } = givenApi('firebase', { body: { name: 'projects/p/messages/1' } })
    const input = { to, notification: { title: 'Hi' }, data: { order: '1' }, collapseKey: 'order-1' }
    expect(await sendPush(client, input)).toEqual({ kind: 'sent', name: 'projects/p/messages/1' })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/messages:send' })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      message: {
        token: 'device',
        notification: { title: 'Hi' },
        data: { order: '1' },
        android: { collapse_key: 'order-1' },
        apns: { headers: { 'apns-collapse-id': 'order-1' } },
      },
    })
  })

  test('says when a device has gone; other failures are errors', async () => {
    const error = (status: string, code: string) => ({ error: { status, details: [{ errorCode: code }] } })
    const gone = givenApi('firebase', { status: 404, body: error('NOT_FOUND', 'UNREGISTERED') })
    expect(await sendPush(gone.client, { to })).toEqual({ kind: 'unregistered' })
    const limited = givenApi('firebase', { status: 429, body: error('RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED') })
    await expect(sendPush(limited.client, { to })).rejects.toMatchObject({ kind: 'throttled' })
  })

  test('is not given what it does not hold', async () => {
    const { client } = givenApi('firebase', { body: { name: 5 } })
    await expect(sendPush(client, { to, data: { a: 'x'.repeat(4_096) } })).rejects.toThrow(RangeError)
    await expect(sendPush(client, { to: { topic: 'a b' } })).rejects.toThrow('/to')
    await expect(sendPush(client, { to })).rejects.toThrow(/at \/name$/)
  })
})

import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { openKept } from '#lib/buffer/kept.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { replay } from '#lib/processing/replay.ts'
import { envelopeOf, givenWorker, startLedger, type Effect } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

type Options = Parameters<typeof givenWorker>[1]

function given(failing: (effect: Effect) => unknown = () => {}, options: Options = {}) {
  const effects: Effect[] = []
  const worker = givenWorker(table, {
    ...options,
    handlers: [
      async (event, context) => {
        effects.push({ event, context })
        await failing({ event, context })
      },
    ],
  })
  return { ...worker, effects, ids: () => effects.map(({ event }) => event.id).toSorted() }
}

let made = 0
/** A delivery of SendGrid with these elements, its ids its own. */
function sendgrid(
  worker: ReturnType<typeof given>,
  elements: readonly string[],
  parts: Partial<Envelope> = {},
) {
  made += 1
  const text = `[${elements.join(',\r\n')}]\r\n`
  return envelopeOf(worker.clock, {
    provider: 'sendgrid',
    endpoint: 'sendgrid',
    type: 'batch',
    deliveryKey: `sha256:${sha256Hex(text)}`,
    text,
    ...parts,
  })
}
const element = (id: string, more = ''): string =>
  `{"email":"a@example.com","event":"bounce","sg_event_id":"${id}","timestamp":1780000000${more}}`
const names = (...own: string[]): string[] => own.map((name) => `${name}-${made}`)
const idOf = (name: string, tenant = 'default'): string => eventId(tenant, 'sendgrid', name)
const fails =
  (name: string) =>
  ({ event }: Effect): void => {
    if (event.id === name) throw new Error('this one never works')
  }

describe('a delivery of several events', () => {
  test('is several events, each with its own id, type, time and bytes', async () => {
    const worker = given()
    const [a = '', b = ''] = names('a', 'b')
    const batch = sendgrid(worker, [element(a), element(b, ',"big":12345678901234567890')])
    expect(await worker.work([batch])).toEqual([])
    expect(worker.ids()).toEqual([a, b])
    const second = worker.effects.find(({ event }) => event.id === b)
    expect(second?.event).toMatchObject({
      type: 'sendgrid.bounce',
      time: '2026-05-28T20:26:40.000Z',
      data: { sg_event_id: b },
    })
    expect(Buffer.from(second?.context.rawBody ?? []).toString()).toContain('"big":12345678901234567890')
    expect(await worker.record(idOf(a))).toMatchObject({ st: 'done', type: 'bounce', deliveryKey: a })
    expect(await worker.record(batch.id)).toMatchObject({ st: 'done', type: 'batch' })
  })

  test('costs two writes for each element and two for itself, and one refused write when it comes again', async () => {
    const worker = given()
    const batch = sendgrid(
      worker,
      names('c', 'd', 'e').map((name) => element(name)),
    )
    await worker.work([batch])
    expect(worker.requests).toHaveLength(8)
    worker.requests.length = 0
    await worker.work([batch])
    expect(worker.requests).toHaveLength(1)
    expect(worker.effects).toHaveLength(3)
  })

  test('one bad element neither blocks nor repeats the others: it leaves the batch and waits on its own', async () => {
    const [a = '', bad = '', c = ''] = names('f', 'g', 'h')
    const worker = given(fails(bad), { maxAttempts: 2 })
    const batch = sendgrid(
      worker,
      [a, bad, c].map((name) => element(name)),
    )
    expect(await worker.work([batch])).toEqual([])
    expect((await worker.record(batch.id))?.st).toBe('done')
    expect(worker.handedOver.map(({ envelope }) => envelope.id)).toEqual([idOf(bad)])
    expect(worker.handedOver[0]?.delayMs).toBeGreaterThanOrEqual(1_000)

    const [left] = worker.handedOver
    await worker.clock.advance(left?.delayMs ?? 0)
    expect(await worker.work([left?.envelope ?? ''])).toEqual([])
    expect(await worker.record(idOf(bad))).toMatchObject({ st: 'dead', attempts: 2 })
    const starts = Map.groupBy(worker.effects, ({ event }) => event.id)
    expect([a, bad, c].map((name) => starts.get(name)?.length)).toEqual([1, 2, 1])
  })

  test('comes back as a whole when an element can not leave it, and passes over what is settled', async () => {
    const [a = '', bad = ''] = names('i', 'j')
    const worker = given(fails(bad))
    const closed = worker.sandbox({ queue: { send: () => Promise.reject(new Error('the queue is away')) } })
    const batch = sendgrid(
      worker,
      [a, bad].map((name) => element(name)),
    )
    expect(await closed([batch])).toEqual(['m0'])
    expect(await worker.record(batch.id)).toMatchObject({
      st: 'parked',
      reason: 'elements_waiting',
      attempts: 0,
    })
    await worker.clock.advance(worker.hidden.get('m0') ?? 0)
    expect(await worker.work([batch])).toEqual([])
    expect(worker.ids().filter((id) => id === a)).toHaveLength(1)
    expect((await worker.record(batch.id))?.st).toBe('done')
  })

  test('whose worker died lets every element go its own way', async () => {
    const [a = '', b = ''] = names('v', 'w')
    const worker = given()
    const batch = sendgrid(
      worker,
      [a, b].map((name) => element(name)),
    )
    const dying = worker.sandbox({
      // Its time has stopped: it is never heard of again.
      clock: virtualClock(worker.clock.now()),
      sinks: [{ name: 'handler-0', wants: () => true, deliver: () => new Promise(() => {}) }],
    })
    void dying([batch])
    while ((await worker.record(idOf(b)))?.st !== 'claimed');
    await worker.clock.advance(180_000)
    expect(await worker.work([batch])).toEqual([])
    expect(worker.effects).toEqual([])
    expect(worker.handedOver.map(({ envelope }) => envelope.id).toSorted()).toEqual(
      [idOf(a), idOf(b)].toSorted(),
    )
    await worker.work(worker.handedOver.map(({ envelope }) => envelope))
    expect(worker.ids()).toEqual([a, b].toSorted())
  })

  test('that does not fit into the time comes back and goes on where it was', async () => {
    const all = Array.from({ length: 30 }, (_, i) => `k${i}-${made}`)
    const worker = given(() => worker.clock.advance(1_000))
    const batch = sendgrid(
      worker,
      all.map((name) => element(name)),
    )
    expect(await worker.work([batch], { remainingMs: 9_000 })).toEqual(['m0'])
    const first = worker.effects.length
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(30)
    for (let rounds = 0; rounds < 20 && (await worker.record(batch.id))?.st !== 'done'; rounds += 1) {
      await worker.clock.advance(worker.hidden.get('m0') ?? 0)
      await worker.work([batch], { remainingMs: 9_000 })
    }
    expect((await worker.record(batch.id))?.st).toBe('done')
    // One whose time ran out may have been started twice; none was left out.
    expect([...new Set(worker.ids())]).toEqual(all.toSorted())
    for (const name of all) expect((await worker.record(idOf(name)))?.st, name).toBe('done')
  })

  test('an element that another delivery brought before is not handled again', async () => {
    const worker = given()
    const [a = '', b = '', c = ''] = names('l', 'm', 'n')
    await worker.work([sendgrid(worker, [element(a), element(b)])])
    await worker.work([sendgrid(worker, [element(b), element(c)])])
    expect(worker.ids()).toEqual([a, b, c])
    expect(worker.counted.filter((name) => name === 'EventDuplicate')).toHaveLength(1)
  })

  test('B022: an element under a known key with other bytes is kept and flagged', async () => {
    const worker = given()
    const [a = ''] = names('o')
    await worker.work([sendgrid(worker, [element(a)])])
    await worker.work([sendgrid(worker, [element(a, ',"reason":"other"')])])
    expect(worker.effects).toHaveLength(1)
    expect(worker.counted).toContain('EventConflict')
  })

  test('an empty one is done at once, and nobody hears of it', async () => {
    const worker = given()
    const batch = sendgrid(worker, [])
    expect(await worker.work([batch])).toEqual([])
    expect(worker.effects).toEqual([])
    expect((await worker.record(batch.id))?.st).toBe('done')
  })

  test('a compressed one is opened first', async () => {
    const worker = given()
    const [a = ''] = names('p')
    const batch = sendgrid(worker, [], {
      deliveryKey: `zip-${made}`,
      headers: { 'content-encoding': 'gzip' },
      body: inlineBody(gzipSync(`[${element(a)}]`)),
    })
    await worker.work([batch])
    expect(worker.ids()).toEqual([a])
    expect(worker.effects[0]?.event.data).toMatchObject({ sg_event_id: a })
  })

  test('the Ledger keeps each element with its own bytes', async () => {
    const worker = given()
    const [a = ''] = names('q')
    const batch = sendgrid(worker, [element(a)])
    await worker.work([batch])
    const kept = openKept((await worker.record(idOf(a)))?.envelope ?? new Uint8Array())
    expect(kept).toMatchObject({
      kind: 'event',
      envelope: { partOf: batch.id, body: inlineBody(Buffer.from(element(a))) },
    })
  })

  test('that is replayed hands each element to the handlers again, under its first idempotency key', async () => {
    const worker = given()
    const [a = '', b = ''] = names('r', 's')
    const batch = sendgrid(worker, [element(a), element(b)])
    await worker.work([batch])
    const record = await worker.record(batch.id)
    if (!record) throw new Error('the batch has no record')
    const again: Envelope[] = []
    const bulk = { send: async (envelope: Envelope) => void again.push(envelope), sendText: async () => {} }
    await replay(record, new AbortController().signal, { ...worker.deps, bulk })
    await worker.work(again)
    const keys = worker.effects.map(({ context }) => context.idempotencyKey).toSorted()
    expect(keys).toEqual([idOf(a), idOf(a), idOf(b), idOf(b)].toSorted())
  })
})

describe('elements of several accounts in one delivery', () => {
  const cloudEvents = (...realms: string[]): string =>
    JSON.stringify(
      realms.map((realm, i) => ({
        specversion: '1.0',
        id: `${realm}-${made}-${i}`,
        type: 'qbo.invoice.updated.v1',
        time: '2026-05-28T20:26:40.123456789Z',
        intuitentityid: '7',
        intuitaccountid: realm,
      })),
    )
  const quickbooks = (worker: ReturnType<typeof given>, text: string): Envelope =>
    envelopeOf(worker.clock, {
      provider: 'quickbooks',
      endpoint: 'quickbooks',
      type: 'batch',
      deliveryKey: `sha256:${sha256Hex(text)}`,
      text,
    })
  const ownership = () => ({ tenant: 'default', tenants: { '310': 'acme', '311': 'globex' } })

  test('go to the tenants that the endpoint names for them', async () => {
    made += 1
    const worker = given(undefined, { ownership })
    await worker.work([quickbooks(worker, cloudEvents('310', '311', '999'))])
    const owners = new Set(worker.effects.map(({ event }) => `${event.account} is ${event.tenant}`))
    expect(owners).toEqual(new Set(['310 is acme', '311 is globex', '999 is default']))
    expect(await worker.record(eventId('acme', 'quickbooks', `310-${made}-0`))).toMatchObject({
      tenant: 'acme',
    })
  })

  test('the form before CloudEvents is taken apart down to its entities, each with its realm', async () => {
    made += 1
    const entity = (id: string) => ({
      name: 'Invoice',
      id,
      operation: 'Update',
      lastUpdated: '2026-05-28T20:26:40Z',
    })
    const text = JSON.stringify({
      eventNotifications: [
        { realmId: '310', dataChangeEvent: { entities: [entity(`1-${made}`), entity(`2-${made}`)] } },
        { realmId: '311', dataChangeEvent: { entities: [entity(`1-${made}`)] } },
      ],
    })
    const worker = given(undefined, { ownership })
    await worker.work([quickbooks(worker, text)])
    expect(worker.effects.map(({ event }) => [event.id, event.tenant, event.type])).toEqual([
      [`310|Invoice|1-${made}|Update|2026-05-28T20:26:40Z`, 'acme', 'quickbooks.Invoice.Update'],
      [`310|Invoice|2-${made}|Update|2026-05-28T20:26:40Z`, 'acme', 'quickbooks.Invoice.Update'],
      [`311|Invoice|1-${made}|Update|2026-05-28T20:26:40Z`, 'globex', 'quickbooks.Invoice.Update'],
    ])
  })
})

describe('other forms', () => {
  const auth0 = (worker: ReturnType<typeof given>, text: string): Envelope =>
    envelopeOf(worker.clock, {
      provider: 'auth0',
      endpoint: 'auth0',
      deliveryKey: `sha256:${sha256Hex(text)}`,
      text,
    })
  const line = (name: string): string =>
    `{"log_id":"${name}","data":{"type":"s","date":"2026-05-28T20:26:40Z"}}`

  test.each([
    ['lines', (all: readonly string[]) => `${all.join('\n')}\n`],
    ['an array', (all: readonly string[]) => `[${all.join(',')}]`],
  ])('a log stream of Auth0 as %s is taken apart', async (_form, join) => {
    made += 1
    const [a = '', b = ''] = names('t', 'u')
    const worker = given()
    await worker.work([auth0(worker, join([line(a), line(b)]))])
    expect(worker.ids()).toEqual([a, b])
    expect(worker.effects[0]?.event.type).toBe('auth0.s')
  })

  test('a single event over several lines is one event', async () => {
    made += 1
    const worker = given()
    await worker.work([
      auth0(worker, JSON.stringify({ id: `evt-${made}`, type: 'user.created' }, undefined, 2)),
    ])
    expect(worker.effects).toHaveLength(1)
  })

  test('records of S3 in a message of SNS are events, their keys spelt plainly', async () => {
    made += 1
    const records = ['a+b%20c.txt', 'd.txt'].map((key, i) => ({
      eventName: 'ObjectCreated:Put',
      eventTime: '2026-05-28T20:26:40Z',
      s3: { bucket: { name: `bucket-${made}` }, object: { key, sequencer: `00${i}` } },
    }))
    const text = JSON.stringify({ Type: 'Notification', Message: JSON.stringify({ Records: records }) })
    const worker = given()
    await worker.work([envelopeOf(worker.clock, { provider: 's3', endpoint: 's3', text })])
    expect(worker.ids()).toEqual([`bucket-${made}|a b c.txt|000`, `bucket-${made}|d.txt|001`])
    expect(worker.effects[0]?.event).toMatchObject({
      type: 's3.ObjectCreated:Put',
      account: `bucket-${made}`,
    })
  })
})

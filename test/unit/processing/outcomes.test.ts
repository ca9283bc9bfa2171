import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workerBatch } from '#functions/worker/batch.ts'
import { eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { openKept } from '#lib/buffer/kept.ts'
import type { Item } from '#lib/idempotency/record.dynamo.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { hashTuple, sha256Hex } from '#lib/primitives/bytes.ts'
import { handlerSinks } from '#lib/processing/handler-sinks.ts'
import { on } from '#lib/processing/handler.ts'
import { redrive, replay, type ReplayDeps } from '#lib/processing/replay.ts'
import {
  envelopeOf,
  givenWorker,
  startLedger,
  type Effect,
  type GivenWorker,
} from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

type Failing = (effect: Effect) => unknown

function given(failing: Failing = () => {}, maxAttempts = 8) {
  const effects: Effect[] = []
  const worker = givenWorker(table, {
    maxAttempts,
    handlers: [
      async (event, context) => {
        effects.push({ event, context })
        await failing({ event, context })
      },
    ],
  })
  return { ...worker, effects }
}

const isPoison = ({ event }: Effect): boolean => (event.data as { poison?: boolean }).poison === true
const poison = { text: '{"poison":true}' }

/** Delivers a message again and again, as the queue does, until it does not come back. */
async function drain({ work, clock, hidden }: GivenWorker, message: Envelope | string): Promise<number> {
  for (let deliveries = 1; ; deliveries += 1) {
    const back = await work([message], { receiveCount: deliveries })
    if (back.length === 0) return deliveries
    await clock.advance(hidden.get('m0') ?? 180_000)
  }
}

const dead = async (worker: GivenWorker, id: string) => {
  const record = await worker.record(id)
  if (record?.st !== 'dead') throw new Error(`${id} is ${record?.st ?? 'absent'}, not dead`)
  return record
}

describe('a failing handler', () => {
  test('F31: an event that always fails is started exactly as often as allowed, then dead with its reason', async () => {
    const worker = given(() => {
      throw new RangeError('no such account')
    }, 3)
    const envelope = envelopeOf(worker.clock)
    expect(await drain(worker, envelope)).toBe(3)
    expect(worker.effects.map(({ context }) => context.attempt)).toEqual([1, 2, 3])
    expect(await dead(worker, envelope.id)).toMatchObject({
      attempts: 3,
      reason: 'handler-0: RangeError: no such account',
      deadBucket: '2026-05',
    })
  })

  test('F29: of a batch of ten only the poisonous one comes back', async () => {
    const worker = given((effect) => {
      if (isPoison(effect)) throw new Error('poison')
    })
    const batch = Array.from({ length: 10 }, (_, i) => envelopeOf(worker.clock, i === 4 ? poison : {}))
    expect(await worker.work(batch)).toEqual(['m4'])
    const states = await Promise.all(batch.map(async ({ id }) => (await worker.record(id))?.st))
    expect(states).toEqual(batch.map((_, i) => (i === 4 ? 'retry' : 'done')))
  })

  test.each([
    ['a text', 'oops'],
    ['nothing', undefined],
    ['null', null],
    ['an object without a prototype', Object.create(null)],
    [
      'an error that can not be read',
      Object.defineProperty(new Error('x'), 'message', { get: () => Symbol('x') }),
    ],
  ])('F30: throwing %s is a failure like any other', async (_name, thrown) => {
    const worker = given(() => {
      throw thrown
    })
    const envelope = envelopeOf(worker.clock)
    expect(await worker.work([envelope])).toEqual(['m0'])
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'retry', attempts: 1, leaseUntil: 0 })
  })

  test('F30: one that never settles is ended before the invocation is, and tried again', async () => {
    const worker = given(() => new Promise(() => {}))
    const envelope = envelopeOf(worker.clock)
    const pending = worker.work([envelope])
    while (worker.effects.length === 0) await worker.clock.advance(0)
    await worker.clock.advance(29_000)
    expect(await pending).toEqual(['m0'])
    expect(worker.effects[0]?.context.signal.aborted).toBe(true)
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'retry' })
  })

  test('F18: the next attempt gets the same idempotency key and a higher fence', async () => {
    let failures = 1
    const worker = given(() => {
      failures -= 1
      if (failures === 0) throw new Error('once')
    })
    const envelope = envelopeOf(worker.clock)
    await drain(worker, envelope)
    const [first, second] = worker.effects.map(({ context }) => context)
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
    expect(second?.fence).toBeGreaterThan(first?.fence ?? 0)
  })

  test('what succeeded in one attempt is not run in the next', async () => {
    const runs: string[] = []
    let failing = true
    const worker = givenWorker(table, {
      handlers: [
        () => void runs.push('first'),
        () => {
          runs.push('second')
          if (failing) throw new Error('not yet')
        },
        () => void runs.push('third'),
      ],
    })
    const envelope = envelopeOf(worker.clock)
    await worker.work([envelope])
    failing = false
    await worker.clock.advance(minutes(15))
    expect(await worker.work([envelope])).toEqual([])
    expect(runs).toEqual(['first', 'second', 'third', 'second'])
  })

  test('F30: one that eats all the time in every attempt does not keep the event from the others', async () => {
    const runs: string[] = []
    let started = 0
    const worker = givenWorker(table, {
      handlers: [
        () => {
          started += 1
          return new Promise(() => {})
        },
        () => void runs.push('second'),
      ],
      sinks: [{ name: 'bus', wants: () => true, deliver: async () => void runs.push('bus') }],
    })
    const envelope = envelopeOf(worker.clock)
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const pending = worker.work([envelope])
      while (started < attempt) await worker.clock.advance(0)
      await worker.clock.advance(29_000)
      expect(await pending).toEqual(['m0'])
      await worker.clock.advance(minutes(15))
    }
    expect(runs).toEqual(['second', 'bus'])
    expect(await worker.record(envelope.id)).toMatchObject({ steps: ['handler-1', 'bus'] })
  })

  test('F33: a message that can not be hidden is still reported as failed', async () => {
    const worker = given(() => {
      throw new Error('no')
    })
    const stuck = worker.sandbox({ hide: () => Promise.reject(new Error('throttled')) })
    expect(await stuck([envelopeOf(worker.clock)])).toEqual(['m0'])
  })

  test('delays grow, are spread, and stay under their cap', async () => {
    const worker = given(() => {
      throw new Error('no')
    }, 100)
    const envelope = envelopeOf(worker.clock)
    const delays: number[] = []
    for (let i = 0; i < 40; i += 1) {
      await worker.work([envelope])
      delays.push(worker.hidden.get('m0') ?? 0)
      await worker.clock.advance(minutes(15))
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...delays)).toBeLessThanOrEqual(minutes(15))
    expect(Math.max(...delays)).toBeGreaterThan(minutes(5))
    expect(new Set(delays).size).toBeGreaterThan(30)
  })
})

describe('the attempt of a handler', () => {
  test('F24, F25: its fetch refuses once the attempt is over', async () => {
    const worker = given()
    await worker.work([envelopeOf(worker.clock)])
    const { context } = worker.effects[0] as Effect
    await expect(context.fetch('https://books.test')).rejects.toMatchObject({ code: 'LEASE_LOST' })
    expect(context.signal.aborted).toBe(true)
  })

  test('F25: a sandbox that was frozen past the deadline refuses before its timers fire', async () => {
    const refused: unknown[] = []
    const worker = given()
    let frozenFor = 0
    const frozen = worker.sandbox({
      clock: { ...worker.clock, now: () => (worker.clock.now() + frozenFor) as never },
      sinks: [
        {
          name: 'frozen',
          wants: () => true,
          deliver: async (_event, context) => {
            frozenFor = 60_000
            await context.fetch('https://books.test').catch((error: unknown) => void refused.push(error))
          },
        },
      ],
    })
    await frozen([envelopeOf(worker.clock)])
    expect(refused).toMatchObject([{ code: 'LEASE_LOST' }])
  })

  test("its fetch ends with the attempt, with the caller's signal, and with the one of a request", async () => {
    const signals: AbortSignal[] = []
    const worker = given(async ({ context }) => {
      const own = new AbortController()
      const request = new Request('https://books.test', { signal: own.signal })
      await context.fetch(request)
      await context.fetch('https://books.test', { signal: own.signal })
      await context.fetch('https://books.test')
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false])
      own.abort()
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false])
    })
    const spying = worker.sandbox({
      fetch: async (_input, init) => {
        signals.push(init?.signal as AbortSignal)
        return new Response()
      },
    })
    expect(await spying([envelopeOf(worker.clock)])).toEqual([])
    expect(signals[2]?.aborted).toBe(true)
  })

  test('I02: it sees the very bytes that were accepted', async () => {
    const worker = given()
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    await worker.work([
      envelopeOf(worker.clock, { body: inlineBody(bytes), contentType: 'application/octet-stream' }),
    ])
    const { event, context } = worker.effects[0] as Effect
    expect(Buffer.from(context.rawBody).equals(Buffer.from(bytes))).toBe(true)
    expect(event.data).toBe(Buffer.from(bytes).toString('base64'))
  })
})

describe('what a handler does to what it is given', () => {
  const vandal = ({ event, context }: Effect) => {
    Object.assign(event.data as object, { amount: 0 })
    context.rawBody.fill(0)
  }

  test('shows neither to the next handler nor in what is kept', async () => {
    const seen: unknown[] = []
    const worker = givenWorker(table, {
      handlers: [
        (event, context) => vandal({ event, context }),
        (event, context) => void seen.push(event.data, Buffer.from(context.rawBody).toString()),
      ],
    })
    const text = '{"id":"evt","amount":5}'
    const envelope = envelopeOf(worker.clock, { text })
    expect(await worker.work([envelope])).toEqual([])
    expect(seen).toEqual([{ id: 'evt', amount: 5 }, text])
    const { envelope: kept } = (await worker.record(envelope.id)) as { envelope: Uint8Array }
    expect(openKept(kept)).toMatchObject({ envelope: { body: envelope.body } })
  })
})

test('a handler that is called as the bus is, or as another, is still its own step', () => {
  const named = (name: string) => on('*', () => {}, name)
  const sinks = handlerSinks(['bus', 'a', 'a#2', 'a'].map(named))
  expect(sinks.map(({ name }) => name)).toEqual(['bus#2', 'a', 'a#2', 'a#3'])
})

describe('a body in the bucket', () => {
  const stored = (worker: GivenWorker, bytes: Uint8Array, sha256 = sha256Hex(bytes)) => {
    const key = `bodies/default/k${worker.objects.size}`
    worker.objects.set(key, bytes)
    return envelopeOf(worker.clock, { body: { key, sha256, bytes: bytes.byteLength } })
  }

  test('is read and handled', async () => {
    const worker = given()
    await worker.work([stored(worker, Buffer.from('{"id":"evt_large"}'))])
    expect(worker.effects[0]?.event.data).toEqual({ id: 'evt_large' })
  })

  test('F08: that is gone makes the event dead, never done', async () => {
    const worker = given()
    const envelope = stored(worker, Buffer.from('{}'))
    worker.objects.clear()
    expect(await worker.work([envelope])).toEqual([])
    expect(await dead(worker, envelope.id)).toMatchObject({ reason: 'payload_missing' })
    expect(worker.effects).toEqual([])
  })

  test('F08: with other bytes than were accepted makes the event dead', async () => {
    const worker = given()
    const envelope = stored(worker, Buffer.from('{}'), sha256Hex('others'))
    await worker.work([envelope])
    expect(await dead(worker, envelope.id)).toMatchObject({ reason: 'payload_corrupt' })
    expect(worker.effects).toEqual([])
  })

  test('that can not be read for now brings the event back', async () => {
    const worker = given()
    const envelope = stored(worker, Buffer.from('{}'))
    const down = worker.sandbox({
      objects: { ...worker.deps.objects, get: () => Promise.reject(new Error('503')) },
    })
    expect(await down([envelope])).toEqual(['m0'])
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'parked', attempts: 0, leaseUntil: 0 })
    expect(worker.counted).toEqual(['EventParked'])
    expect(await worker.work([envelope])).toEqual([])
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'done', attempts: 1 })
  })

  test.each([
    'bodies/other/k',
    'bodies/default/../other/k',
    'bodies/default/a/b',
    'archive/default/k',
    's3://elsewhere/k',
  ])('B127: that would be at %s is refused unread', async (key) => {
    const worker = given()
    const read: string[] = []
    const spying = worker.sandbox({
      objects: { ...worker.deps.objects, get: async (at) => void read.push(at) },
    })
    const envelope = envelopeOf(worker.clock, { body: { key, sha256: sha256Hex(''), bytes: 0 } })
    expect(await spying([envelope])).toEqual([])
    expect(read).toEqual([])
    expect(worker.effects).toEqual([])
  })
})

describe('bad messages', () => {
  const broken: readonly (readonly [string, (envelope: Envelope) => string])[] = [
    ['no JSON', () => '{"v":1'],
    ['another JSON', () => '{"hello":"world"}'],
    ['null', () => 'null'],
    ['a later version', (envelope) => JSON.stringify({ ...envelope, v: 2 })],
    ['a missing field', (envelope) => JSON.stringify({ ...envelope, tenant: undefined })],
    ['an unknown field', (envelope) => JSON.stringify({ ...envelope, extra: 1 })],
    ['a time that is none', (envelope) => JSON.stringify({ ...envelope, receivedAt: 9e15 })],
    ['a tenant that is no id', (envelope) => JSON.stringify({ ...envelope, tenant: '../x' })],
  ]
  test.each(broken)(
    'B126: %s is dead as bad_envelope, kept as it came; the batch goes on',
    async (_name, write) => {
      const worker = given()
      const text = write(envelopeOf(worker.clock))
      const good = envelopeOf(worker.clock)
      expect(await worker.work([text, good])).toEqual([])
      expect(worker.effects).toHaveLength(1)
      const id = eventIdOfMessage(text)
      const record = await dead(worker, id)
      expect(record).toMatchObject({ reason: 'bad_envelope', attempts: 0 })
      expect(worker.counted.toSorted()).toEqual(['EventDead', 'EventDone'])
      expect(openKept(record.envelope as Uint8Array)).toEqual({ kind: 'message', text })
    },
  )

  test('B126: damaged base64 is dead as payload_corrupt', async () => {
    const worker = given()
    const envelope = envelopeOf(worker.clock, { body: { base64: '%%%%', sha256: sha256Hex('x') } })
    expect(await worker.work([envelope])).toEqual([])
    expect(await dead(worker, envelope.id)).toMatchObject({ reason: 'payload_corrupt' })
  })

  test.each([
    ['an unknown version', { v: { N: '9' } }],
    ['a status that is a number', { st: { N: '1' } }],
    ['attempts as text', { attempts: { S: 'many' } }],
    ['no owner', { owner: undefined }],
  ])('B128: a record with %s is left alone and no handler runs', async (_name, damage) => {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    const item = {
      pk: { S: envelope.id },
      v: { N: '1' },
      st: { S: 'retry' },
      owner: { S: 'x' },
      fence: { N: '1' },
      attempts: { N: '1' },
      leaseUntil: { N: '0' },
      expireAt: { N: '9999999999' },
      contentHash: { S: 'x' },
      ...damage,
    }
    await worker.put(JSON.parse(JSON.stringify(item)) as Item)
    expect(await worker.work([envelope])).toEqual(['m0'])
    expect(worker.effects).toEqual([])
    expect(worker.lines.join()).toContain('could not be processed')
    expect(worker.counted).toEqual(['EventUnprocessed'])
    expect(worker.hidden.get('m0')).toBe(minutes(15))
  })

  test.each([
    ['another source', { Records: [{ messageId: 'm', eventSource: 'aws:sns', body: '' }] }],
    ['a record without an id', { Records: [{ eventSource: 'aws:sqs', body: '' }] }],
    ['no records', {}],
    ['nothing', { Records: null }],
  ])('B132: a batch with %s is refused as a whole', async (_name, event) => {
    const worker = given()
    await expect(workerBatch(worker.deps)(event as never, {} as never)).rejects.toMatchObject({
      code: 'MISCONFIGURED',
    })
    expect(worker.requests).toEqual([])
  })
})

describe('content', () => {
  test('B022: another content under a known key is kept, flagged and dead, and the first is untouched', async () => {
    const worker = given()
    const first = envelopeOf(worker.clock, { text: '{"id":"evt","amount":1}' })
    const second = { ...first, body: inlineBody(Buffer.from('{"id":"evt","amount":2}')) }
    await worker.work([first])
    expect(await worker.work([second])).toEqual([])
    expect(worker.effects).toHaveLength(1)
    expect(worker.counted).toContain('EventConflict')
    expect(await worker.record(first.id)).toMatchObject({ st: 'done' })
    const id = eventId('default', 'stripe', `${first.deliveryKey}#${sha256Hex('{"id":"evt","amount":2}')}`)
    expect(await dead(worker, id)).toMatchObject({ reason: 'conflict', flag: 'conflict' })
  })

  test("Stripe's count of open deliveries makes no conflict", async () => {
    const worker = given()
    const first = envelopeOf(worker.clock, { text: '{"id":"evt","pending_webhooks":2}' })
    const second = { ...first, body: inlineBody(Buffer.from('{"id":"evt","pending_webhooks":1}')) }
    await worker.work([first])
    expect(await worker.work([second])).toEqual([])
    expect(worker.counted).toEqual(['EventDone', 'EventDuplicate'])
  })

  test.each([
    [
      'B022: an amount beyond what a double can tell apart',
      '{"a":9007199254740993}',
      '{"a":9007199254740992}',
    ],
    ['B022: a number beyond every double', '{"a":1e400}', '{"a":1e500}'],
    ['B028: bytes that are no text', '{"a":"\xff"}', '{"a":"\xfe"}'],
  ])('%s makes another content', async (_name, text, otherText) => {
    const worker = given()
    const body = (bytes: string) => inlineBody(Buffer.from(bytes, 'latin1'))
    const first = envelopeOf(worker.clock, { body: body(text) })
    await worker.work([first])
    await worker.work([{ ...first, body: body(otherText) }])
    expect(worker.counted).toEqual(['EventDone', 'EventConflict'])
  })

  test('long numbers next to the count of open deliveries make no conflict', async () => {
    const worker = given()
    const text = (count: number) =>
      `{"id":"evt","pending_webhooks":${count},"a":[12345678901234567890,1.5e3]}`
    const first = envelopeOf(worker.clock, { text: text(2) })
    await worker.work([first])
    await worker.work([{ ...first, body: inlineBody(Buffer.from(text(1))) }])
    expect(worker.counted).toEqual(['EventDone', 'EventDuplicate'])
  })

  test('B021: the same body under another unsigned id is dropped and flagged', async () => {
    const worker = given()
    const github = { provider: 'github', endpoint: 'github', text: '{"n":1}' }
    const first = envelopeOf(worker.clock, { ...github, headers: { 'x-github-delivery': 'one' } })
    await worker.work([first])

    await worker.work([{ ...first, headers: { 'x-github-delivery': 'two' } }])
    expect(worker.effects).toHaveLength(1)
    expect(worker.counted).toContain('EventReplayedDelivery')
    expect(await worker.record(first.id)).toMatchObject({ st: 'done', flag: 'replayed-delivery' })
  })

  test('F32: JSON too deep to be written again is handled', async () => {
    const worker = given()
    const deep = `{"a":${'['.repeat(6_000)}${']'.repeat(6_000)}}`
    expect(await worker.work([envelopeOf(worker.clock, { text: deep })])).toEqual([])
    expect(worker.effects).toHaveLength(1)
  })

  test('B031: a compressed body is inflated for the handler, within a limit', async () => {
    const worker = given()
    const encoded = (body: Uint8Array) =>
      envelopeOf(worker.clock, { body: inlineBody(body), headers: { 'content-encoding': 'gzip' } })
    await worker.work([encoded(gzipSync('{"id":"evt_zip"}'))])
    expect(worker.effects[0]?.event.data).toEqual({ id: 'evt_zip' })
    const bomb = encoded(gzipSync(Buffer.alloc(40_000_000)))
    expect(await worker.work([bomb])).toEqual([])
    expect(await dead(worker, bomb.id)).toMatchObject({ reason: 'payload_too_large' })
  })

  test('B038: keys named like a prototype stay keys', async () => {
    const worker = given()
    const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'
    await worker.work([envelopeOf(worker.clock, { text })])
    expect(Object.hasOwn(worker.effects[0]?.event.data as object, '__proto__')).toBe(true)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('a form becomes its fields', async () => {
    const worker = given()
    const contentType = 'application/x-www-form-urlencoded'
    await worker.work([envelopeOf(worker.clock, { text: 'a=1&b=2&b=3&__proto__=4', contentType })])
    expect({ ...(worker.effects[0]?.event.data as object) }).toEqual({
      a: '1',
      b: ['2', '3'],
      ['__proto__']: '4',
    })
  })
})

describe('again', () => {
  function replays(worker: GivenWorker) {
    const sent: (Envelope | string)[] = []
    const deps: ReplayDeps = {
      bulk: {
        send: async (envelope) => void sent.push(envelope),
        sendText: async (text) => void sent.push(text),
      },
      objects: worker.deps.objects,
      clock: worker.clock,
      random: worker.deps.random,
    }
    return { sent, deps, signal: new AbortController().signal }
  }

  test('a replay is an event of its own, and its handlers see the first idempotency key', async () => {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    await worker.work([envelope])
    const record = await worker.record(envelope.id)
    const { sent, deps, signal } = replays(worker)
    const outcome = await replay(record as never, signal, deps)
    expect(await worker.work(sent)).toEqual([])
    const [first, second] = worker.effects
    expect(second?.context.idempotencyKey).toBe(first?.context.idempotencyKey)
    expect(second?.event).toMatchObject({ via: 'replay', data: first?.event.data, id: first?.event.id })
    expect(await worker.record((outcome as { id: string }).id)).toMatchObject({
      st: 'done',
      replayOf: envelope.id,
    })
  })

  test('a large event is archived and comes back from the archive', async () => {
    const worker = given()
    const noise = Array.from({ length: 30_000 }, (_, i) => ((i * 7_919) % 65_521).toString(36)).join('')
    const envelope = envelopeOf(worker.clock, { text: JSON.stringify({ noise }) })
    await worker.work([envelope])
    const record = await worker.record(envelope.id)
    expect(record?.envelopeKey).toBe(`archive/default/${envelope.id}`)
    const { sent, deps, signal } = replays(worker)
    await replay(record as never, signal, deps)
    await worker.work(sent)
    expect(worker.effects[1]?.event.data).toEqual({ noise })
    worker.objects.clear()
    expect(await replay(record as never, signal, deps)).toEqual({ kind: 'expired' })
  })

  test('I28: a dead event whose cause is gone is redriven to done, with its attempts back', async () => {
    let broken = true
    const worker = given(() => {
      if (broken) throw new Error('broken')
    }, 2)
    const envelope = envelopeOf(worker.clock)
    await drain(worker, envelope)
    const record = await dead(worker, envelope.id)
    broken = false
    const { sent, deps, signal } = replays(worker)
    expect(await redrive(record, signal, deps)).toEqual({ kind: 'queued', id: envelope.id })
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'dead' })
    expect(await worker.work(sent)).toEqual([])
    const done = await worker.record(envelope.id)
    expect(done).toMatchObject({ st: 'done', attempts: 1 })
    expect(done).not.toHaveProperty('deadBucket')
  })

  test('a redrive sent twice, or for an older death, runs nothing', async () => {
    let broken = true
    const worker = given(() => {
      if (broken) throw new Error('broken')
    }, 1)
    const envelope = envelopeOf(worker.clock)
    await drain(worker, envelope)
    const { sent, deps, signal } = replays(worker)
    await redrive(await dead(worker, envelope.id), signal, deps)
    await worker.clock.advance(1_000)
    await worker.work(sent)
    await dead(worker, envelope.id)
    const runs = worker.effects.length
    await worker.work(sent)
    broken = false
    await worker.work(sent)
    expect(worker.effects).toHaveLength(runs)
  })

  test('what could not be read is redriven as it came', async () => {
    const worker = given()
    await worker.work(['not an event'])
    const record = await dead(worker, eventIdOfMessage('not an event'))
    const { sent, deps, signal } = replays(worker)
    expect(await redrive(record, signal, deps)).toMatchObject({ kind: 'queued' })
    expect(sent).toEqual(['not an event'])
  })

  test('an event that is not finished, or not dead, is neither replayed nor redriven', async () => {
    const worker = given(() => {
      throw new Error('broken')
    })
    const envelope = envelopeOf(worker.clock)
    await worker.work([envelope])
    const record = await worker.record(envelope.id)
    const { sent, deps, signal } = replays(worker)
    expect(await replay(record as never, signal, deps)).toEqual({ kind: 'not_finished' })
    expect(await redrive(record as never, signal, deps)).toEqual({ kind: 'not_dead' })
    expect(sent).toEqual([])
  })
})

test('F41: an hour of skew between two sandboxes loses nothing and never undoes a done event', async () => {
  for (const offset of [3_600_000, -3_600_000]) {
    const worker = given()
    const envelope = envelopeOf(worker.clock)
    const skewed = worker.sandbox({
      clock: { ...worker.clock, now: () => (worker.clock.now() + offset) as never },
    })
    expect(await skewed([envelope])).toEqual([])
    expect(await worker.work([envelope])).toEqual([])
    expect(await worker.record(envelope.id)).toMatchObject({ st: 'done', attempts: 1 })
  }
})

test('an event that nobody wants is done and counted', async () => {
  const worker = givenWorker(table)
  expect(await worker.work([envelopeOf(worker.clock)])).toEqual([])
  expect(worker.counted).toEqual(['EventUnhandled', 'EventDone'])
})

test('I30: neither the payload nor what a handler says of it reaches the log', async () => {
  const worker = given(() => {
    throw new Error('canary-in-error')
  }, 1)
  await worker.work([envelopeOf(worker.clock, { text: '{"name":"canary-in-payload"}' })])
  expect(worker.lines.length).toBeGreaterThan(0)
  expect(worker.lines.join()).not.toContain('canary')
})

/** The id under which a message that is no event is kept. */
function eventIdOfMessage(text: string): string {
  const hash = hashTuple('unknown', text).toString('base64url')
  return `evt_${hash.slice(0, 32)}`
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sweep } from '#functions/sweeper/batch.ts'
import type { DeadLetter, DeadLetterQueue } from '#lib/buffer/dead-letter-queue.ts'
import { encodeEnvelope, eventId, inlineBody } from '#lib/buffer/envelope.ts'
import { hashTuple, sha256Hex } from '#lib/primitives/bytes.ts'
import { factsOf } from '#lib/processing/ledger-entry.ts'
import type { DeadJobsDeps } from '#lib/polling/dead-jobs.ts'
import type { SweepDeps } from '#lib/processing/sweep.ts'
import { envelopeOf, givenWorker, startLedger } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

function given() {
  const worker = givenWorker(table)
  const sent: string[] = []
  const letters: DeadLetter[] = []
  let received = 0
  const queue: DeadLetterQueue = {
    // Each is seen once a round: a received one is hidden.
    receive: async () => {
      const page = letters.slice(received, received + 10)
      received += page.length
      return page
    },
    delete: async (letter) => {
      letters.splice(letters.indexOf(letter), 1)
      received -= 1
    },
  }
  const deps: SweepDeps & DeadJobsDeps = {
    deadJobQueues: [],
    ...worker.deps,
    buffer: {
      send: () => Promise.reject(new Error('not used here')),
      sendText: async (text) => void sent.push(text),
    },
    deadLetterQueues: [queue],
  }
  const round = (changes: Partial<SweepDeps & DeadJobsDeps> = {}) =>
    sweep({ ...deps, ...changes })(undefined, { getRemainingTimeInMillis: () => 50_000 })
  return { ...worker, deps, sent, letters, round }
}

describe('spill', () => {
  test('F04: goes back on the queue, oldest first, and is deleted', async () => {
    const { clock, objects, sent, round } = given()
    const envelopes = [envelopeOf(clock), envelopeOf(clock)].map(encodeEnvelope)
    objects.set('spill/1780000000002-b.json', Buffer.from(envelopes[1] ?? ''))
    objects.set('spill/1780000000001-a.json', Buffer.from(envelopes[0] ?? ''))
    objects.set('bodies/default/x', Buffer.from('not spill'))
    await round()
    expect(sent).toEqual(envelopes)
    expect([...objects.keys()]).toEqual(['bodies/default/x'])
  })

  test('more than one page of it is swept in one round', async () => {
    const { clock, objects, sent, round } = given()
    for (let i = 0; i < 250; i += 1) {
      objects.set(`spill/${1_780_000_000_000 + i}-x.json`, Buffer.from(encodeEnvelope(envelopeOf(clock))))
    }
    await round()
    expect(sent).toHaveLength(250)
    expect(objects.size).toBe(0)
  })

  test('that fails stays for the next round and does not hold up the others', async () => {
    const { clock, objects, sent, deps, lines, round } = given()
    const [stuck = '', good = ''] = [envelopeOf(clock), envelopeOf(clock)].map(encodeEnvelope)
    objects.set('spill/1780000000001-a.json', Buffer.from(stuck))
    objects.set('spill/1780000000002-b.json', Buffer.from(good))
    const sendText = async (text: string) => {
      if (text === stuck) throw new Error('not now')
      sent.push(text)
    }
    await round({ buffer: { ...deps.buffer, sendText } })
    expect(sent).toEqual([good])
    expect([...objects.keys()]).toEqual(['spill/1780000000001-a.json'])
    expect(lines.join()).toContain('could not be put back')
  })

  test('that the queue will never take becomes a dead event', async () => {
    const { clock, objects, deps, counted, round, record } = given()
    const envelope = envelopeOf(clock)
    objects.set('spill/1780000000001-a.json', Buffer.from(encodeEnvelope(envelope)))
    const refuse = () => Promise.reject(Object.assign(new Error('no'), { name: 'InvalidMessageContents' }))
    await round({ buffer: { ...deps.buffer, sendText: refuse } })
    expect(objects.size).toBe(0)
    expect(await record(envelope.id)).toMatchObject({ st: 'dead', reason: 'queue_refused' })
    expect(counted).toEqual(['EventDead', 'SpillSwept'])
  })

  test('stays where it is while the queue takes nothing', async () => {
    const { clock, objects, deps, round } = given()
    objects.set('spill/1780000000001-a.json', Buffer.from(encodeEnvelope(envelopeOf(clock))))
    await round({ buffer: { ...deps.buffer, sendText: () => Promise.reject(new Error('down')) } })
    expect(objects.size).toBe(1)
  })
})

describe('the dead-letter queues', () => {
  test('F30: a message that crashed its workers becomes a dead event that can be redriven', async () => {
    const { clock, letters, round, record } = given()
    const envelope = envelopeOf(clock)
    letters.push({ body: encodeEnvelope(envelope), receiptHandle: 'r' })
    await round()
    expect(letters).toEqual([])
    expect(await record(envelope.id)).toMatchObject({ st: 'dead', reason: 'crashed_repeatedly' })
  })

  test('F34: the same message twice makes one dead event', async () => {
    const { clock, letters, round, record } = given()
    const envelope = envelopeOf(clock)
    for (const receiptHandle of ['r1', 'r2']) letters.push({ body: encodeEnvelope(envelope), receiptHandle })
    await round()
    expect(letters).toEqual([])
    expect(await record(envelope.id)).toMatchObject({ st: 'dead' })
  })

  test('a message of a done event leaves it done', async () => {
    const { clock, letters, round, record, work } = given()
    const envelope = envelopeOf(clock)
    await work([envelope])
    letters.push({ body: encodeEnvelope(envelope), receiptHandle: 'r' })
    await round()
    expect(letters).toEqual([])
    expect(await record(envelope.id)).toMatchObject({ st: 'done' })
  })

  test('a message that someone is at work on stays until the next round', async () => {
    const { clock, letters, round, record, deps } = given()
    const envelope = envelopeOf(clock)
    await deps.claims.claim({
      facts: factsOf(envelope, deps.declaration),
      owner: 'busy',
      leaseUntil: (clock.now() + 60_000) as never,
    })
    letters.push({ body: encodeEnvelope(envelope), receiptHandle: 'r' })
    await round()
    expect(letters).toHaveLength(1)
    expect(await record(envelope.id)).toMatchObject({ st: 'claimed' })
  })

  test.each(['done', 'retry'] as const)(
    'B022: another content than the one that is %s is kept beside it',
    async (status) => {
      const { clock, letters, round, record, work, deps } = given()
      const envelope = envelopeOf(clock)
      const facts = factsOf(envelope, deps.declaration)
      if (status === 'done') await work([envelope])
      else {
        const claim = await deps.claims.claim({ facts, owner: 'first', leaseUntil: clock.now() })
        if (claim.kind === 'claimed') await deps.claims.fail(claim.claim, 'because', [])
      }
      const other = { ...envelope, body: inlineBody(Buffer.from('{"other":1}')) }
      letters.push({ body: encodeEnvelope(other), receiptHandle: 'r' })
      await round()
      expect(letters).toEqual([])
      expect(await record(envelope.id)).toMatchObject({ st: status, contentHash: facts.contentHash })
      const key = `${envelope.deliveryKey}#${sha256Hex('{"other":1}')}`
      const kept = await record(eventId('default', 'stripe', key))
      expect(kept).toMatchObject({ st: 'dead', reason: 'conflict', flag: 'conflict' })
    },
  )

  test('B126: what is no event is kept as it came', async () => {
    const { letters, round, record } = given()
    letters.push({ body: 'someone else wrote this', receiptHandle: 'r' })
    await round()
    const id = `evt_${hashTuple('unknown', 'someone else wrote this').toString('base64url').slice(0, 32)}`
    expect(await record(id)).toMatchObject({ st: 'dead', reason: 'bad_envelope' })
  })

  test('B128: a damaged record keeps its message, and the others go on', async () => {
    const { clock, letters, round, record, put } = given()
    const [damaged, good] = [envelopeOf(clock), envelopeOf(clock)]
    await put({ pk: { S: damaged.id }, v: { N: '9' }, st: { S: 'retry' } })
    for (const envelope of [damaged, good])
      letters.push({ body: encodeEnvelope(envelope), receiptHandle: envelope.id })
    await round()
    expect(letters.map(({ receiptHandle }) => receiptHandle)).toEqual([damaged.id])
    expect(await record(good.id)).toMatchObject({ st: 'dead' })
  })
})

test('a bucket that is down does not keep the dead letters waiting', async () => {
  const { clock, letters, round, deps, record } = given()
  const envelope = envelopeOf(clock)
  letters.push({ body: encodeEnvelope(envelope), receiptHandle: 'r' })
  await round({ objects: { ...deps.objects, list: () => Promise.reject(new Error('503')) } })
  expect(await record(envelope.id)).toMatchObject({ st: 'dead' })
})

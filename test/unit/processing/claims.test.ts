import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { days, later, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { factsOf } from '#lib/processing/ledger-entry.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { envelopeOf, givenWorker, startLedger, type Effect } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'
import { writeUnits } from '#test/fakes/write-units.ts'
import type { Item } from '#lib/idempotency/record.dynamo.ts'
import { skewed } from '#test/fakes/virtual-clock.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

function givenEffects() {
  const effects: Effect[] = []
  const worker = givenWorker(table, { handlers: [(event, context) => void effects.push({ event, context })] })
  return { ...worker, effects }
}

describe('the budget of requests', () => {
  test('an event costs two writes and no read', async () => {
    const { work, requests, effects, clock } = givenEffects()
    expect(await work([envelopeOf(clock)])).toEqual([])
    expect(requests).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
    expect(effects).toHaveLength(1)
  })

  test('a duplicate costs one refused write', async () => {
    const { work, requests, effects, clock, counted } = givenEffects()
    const envelope = envelopeOf(clock)
    await work([envelope])
    requests.length = 0
    expect(await work([envelope])).toEqual([])
    expect(requests).toEqual(['UpdateItemCommand'])
    expect(effects).toHaveLength(1)
    expect(counted).toEqual(['EventDone', 'EventDuplicate'])
  })

  test.each([
    ['stripe', {}],
    ['github', { 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958', 'x-github-event': 'push' }],
    ['standard-webhooks', { 'webhook-id': 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W' }],
  ])(
    'an event of 1 KB from %s costs at most four write units, its indexes included',
    async (provider, headers) => {
      const { work, clock, item, faults, requests } = givenEffects()
      // Nothing compresses it: the worst that 1 KB can be.
      const text = JSON.stringify({
        id: 'evt',
        random: Buffer.from(seededRandom(3).bytes(750)).toString('base64'),
      })
      const envelope = envelopeOf(clock, {
        ...(provider === 'github' && { deliveryKey: `sha256:${'0'.repeat(64)}` }),
        provider,
        endpoint: provider,
        headers,
        text,
      })
      const costs: number[] = []
      let before: Item | undefined
      faults.before = async () => {
        before = await item(envelope.id)
      }
      faults.after = async () => {
        costs.push(writeUnits(before, (await item(envelope.id)) ?? {}))
      }
      expect(await work([envelope])).toEqual([])
      expect(requests).toHaveLength(2)
      expect(costs[0]).toBe(2)
      expect(costs[1]).toBeLessThanOrEqual(2)
    },
  )
})

describe('an answer that got lost', () => {
  test('F21: the claim was written: the same attempt goes on, and is counted once', async () => {
    const { work, effects, faults, clock, record } = givenEffects()
    const envelope = envelopeOf(clock)
    let claims = 0
    // The SDK repeats the request with the same owner token: what the table sees is the same write twice.
    faults.before = async (_operation, input) => {
      claims += 1
      if (claims === 1) await table.client.send(new UpdateItemCommand(input as never))
    }
    expect(await work([envelope])).toEqual([])
    expect(effects).toHaveLength(1)
    expect(effects[0]?.context).toMatchObject({ attempt: 1, fence: 1 })
    expect(await record(envelope.id)).toMatchObject({ st: 'done', attempts: 1, fence: 1 })
  })

  test('F22: the completing write was written: done counts once', async () => {
    const { work, effects, faults, clock, counted, record } = givenEffects()
    const envelope = envelopeOf(clock)
    let writes = 0
    faults.before = async (_operation, input) => {
      writes += 1
      if (writes === 2) await table.client.send(new UpdateItemCommand(input as never))
    }
    expect(await work([envelope])).toEqual([])
    expect(effects).toHaveLength(1)
    expect(counted).toEqual(['EventDone'])
    expect(await record(envelope.id)).toMatchObject({ st: 'done' })
  })

  test('F23: an old claim that arrives after its release is refused', async () => {
    const { clock, deps, record } = givenEffects()
    const envelope = envelopeOf(clock)
    const facts = { ...envelope, contentHash: 'h' }
    const request = { facts, owner: 'first-owner', leaseUntil: clock.now() }
    const outcome = await deps.claims.claim(request)
    if (outcome.kind !== 'claimed') throw new Error('the first claim was refused')
    await deps.claims.fail(outcome.claim, 'because', [])
    expect(await deps.claims.claim(request)).toMatchObject({ kind: 'busy' })
    expect(await record(envelope.id)).toMatchObject({ st: 'retry', attempts: 1 })
  })
})

describe('two at once', () => {
  test('F26: one runs, the other comes back after the lease and counts no attempt', async () => {
    const { clock, work, hidden, record, sandbox, deps, effects } = givenEffects()
    const envelope = envelopeOf(clock)
    const gate = Promise.withResolvers<void>()
    const slow = sandbox({
      sinks: [{ name: 'slow', wants: () => true, deliver: () => gate.promise }],
      random: seededRandom(99),
    })
    const first = slow([envelope])
    while (!(await record(envelope.id)));
    expect(await work([envelope])).toEqual(['m0'])
    expect(hidden.get('m0')).toBeGreaterThanOrEqual(32_000)
    expect(effects).toEqual([])
    gate.resolve()
    expect(await first).toEqual([])
    expect(await record(envelope.id)).toMatchObject({ st: 'done', attempts: 1 })
    expect(deps.maxAttempts).toBe(8)
  })

  test('F24: a worker that outlives its lease can not complete, and learns so', async () => {
    const { clock, work, record, sandbox, counted } = givenEffects()
    const envelope = envelopeOf(clock)
    const gate = Promise.withResolvers<void>()
    const zombie = sandbox({
      sinks: [{ name: 'slow', wants: () => true, deliver: () => gate.promise }],
      random: seededRandom(99),
      // Its timers are frozen with it: they fire late.
      clock: { ...clock, after: () => () => {} },
    })
    const first = zombie([envelope])
    while (!(await record(envelope.id)));
    await clock.advance(33_000)
    expect(await work([envelope])).toEqual([])
    gate.resolve()
    expect(await first).toEqual(['m0'])
    expect(counted).toEqual(['EventDone', 'LeaseLost'])
    expect(await record(envelope.id)).toMatchObject({ st: 'done', fence: 2, attempts: 2 })
  })

  test.each([
    ['M01: complete', 'complete'],
    ['M02: release', 'fail'],
  ] as const)('%s is refused to whom the lease was taken from', async (_name, method) => {
    const { clock, deps, record } = givenEffects()
    const envelope = envelopeOf(clock)
    const facts = { ...envelope, contentHash: contentHashOf(envelope) }
    const first = await deps.claims.claim({ facts, owner: 'first', leaseUntil: clock.now() })
    const second = await deps.claims.claim({ facts, owner: 'second', leaseUntil: later(clock.now(), 30_000) })
    if (first.kind !== 'claimed' || second.kind !== 'claimed') throw new Error('a claim was refused')
    const settlement =
      method === 'complete'
        ? await deps.claims.complete(first.claim, { envelope: new Uint8Array(1) })
        : await deps.claims.fail(first.claim, 'because', [])
    expect(settlement).toBe('lost')
    expect(await record(envelope.id)).toMatchObject({ st: 'claimed', owner: 'second', fence: 2 })
  })

  test('a clock that is fast by less than the margin takes no lease that is still held', async () => {
    const { clock, sandbox, effects, record } = givenEffects()
    const envelope = envelopeOf(clock)
    const gate = Promise.withResolvers<void>()
    const slow = sandbox({
      sinks: [{ name: 'slow', wants: () => true, deliver: () => gate.promise }],
      random: seededRandom(99),
    })
    const first = slow([envelope])
    while (!(await record(envelope.id)));
    const fast = sandbox({ clock: skewed(clock, ms(1_900)) })
    await clock.advance(28_900)
    expect(await fast([envelope])).toEqual(['m0'])
    expect(effects).toEqual([])
    gate.resolve()
    await first
  })
})

describe('crashes', () => {
  test('F17: an attempt that crashed after its claim is counted, and the next one starts after the lease', async () => {
    const { clock, work, deps, effects } = givenEffects()
    const envelope = envelopeOf(clock)
    await deps.claims.claim({
      facts: { ...envelope, contentHash: contentHashOf(envelope) },
      owner: 'crashed',
      leaseUntil: clock.now(),
    })
    expect(await work([envelope])).toEqual([])
    expect(effects[0]?.context).toMatchObject({ attempt: 2, fence: 2 })
  })

  test('F30: an event that crashed its worker in every attempt is dead without another start', async () => {
    const { clock, work, deps, effects, record } = givenEffects()
    const envelope = envelopeOf(clock)
    const contentHash = contentHashOf(envelope)
    for (let i = 0; i < deps.maxAttempts; i += 1) {
      await deps.claims.claim({
        facts: { ...envelope, contentHash },
        owner: `crash-${i}`,
        leaseUntil: clock.now(),
      })
    }
    expect(await work([envelope])).toEqual([])
    expect(effects).toEqual([])
    expect(await record(envelope.id)).toMatchObject({ st: 'dead', reason: 'attempts_exhausted', attempts: 8 })
  })
})

test('F27: a duplicate after thirteen days is dropped', async () => {
  const { clock, work, effects } = givenEffects()
  const envelope = envelopeOf(clock)
  await work([envelope])
  await clock.advance(days(13))
  await work([envelope])
  expect(effects).toHaveLength(1)
})

test('F27: a record that outlived its retention, deleted or not, is as good as absent', async () => {
  const { clock, work, effects, record } = givenEffects()
  const envelope = envelopeOf(clock)
  await work([envelope])
  await clock.advance(days(30))
  expect(await work([envelope])).toEqual([])
  expect(effects).toHaveLength(2)
  expect(await record(envelope.id)).toMatchObject({ st: 'done', attempts: 1, fence: 2 })
})

test('F37: without an answer of the Ledger no handler runs and the event comes back', async () => {
  const { clock, work, effects, faults, hidden } = givenEffects()
  faults.before = () => {
    throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
  }
  expect(await work([envelopeOf(clock)])).toEqual(['m0'])
  expect(effects).toEqual([])
  expect(hidden.get('m0')).toBeGreaterThanOrEqual(1_000)
})

test('D3: with less than the floor left no event is started and no request made', async () => {
  const { clock, work, effects, requests } = givenEffects()
  expect(await work([envelopeOf(clock)], { remainingMs: 2_999 })).toEqual(['m0'])
  expect(effects).toEqual([])
  expect(requests).toEqual([])
})

test('D3: a slow claim takes its time from the handler, whose deadline stays a second before the end', async () => {
  const aborted: number[] = []
  let isStarted = false
  const { clock, work, faults, record } = givenWorker(table, {
    handlers: [
      (_event, { signal }) => {
        isStarted = true
        signal.addEventListener('abort', () => void aborted.push(clock.now()))
        return new Promise(() => {})
      },
    ],
  })
  const startedAt = clock.now()
  faults.after = async () => {
    faults.after = undefined
    await clock.advance(5_000)
  }
  const envelope = envelopeOf(clock)
  const pending = work([envelope])
  while (!isStarted) await clock.advance(0)
  await clock.advance(29_000)
  expect(await pending).toEqual(['m0'])
  expect(aborted).toEqual([startedAt + 29_000])
  expect(await record(envelope.id)).toMatchObject({ st: 'retry' })
})

test('D3, D5: a claim that leaves no time starts no handler and counts no attempt', async () => {
  const { clock, work, effects, faults, record, counted } = givenEffects()
  faults.after = async () => {
    faults.after = undefined
    await clock.advance(28_500)
  }
  const envelope = envelopeOf(clock)
  expect(await work([envelope])).toEqual(['m0'])
  expect(effects).toEqual([])
  expect(counted).toEqual(['EventParked'])
  expect(await record(envelope.id)).toMatchObject({ st: 'parked', attempts: 0, reason: 'no_time_left' })
  expect(await work([envelope])).toEqual([])
  expect(effects[0]?.context).toMatchObject({ attempt: 1, fence: 2 })
})

const contentHashOf = (envelope: Envelope): string =>
  factsOf(envelope, (provider) => findProvider(provider)?.webhooks).contentHash

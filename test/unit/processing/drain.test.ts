import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { standings } from '#functions/sweeper/standings.ts'
import { decodeEnvelope, type Envelope } from '#lib/buffer/envelope.ts'
import { draining } from '#lib/config/replay-defaults.ts'
import { ApiError } from '#lib/errors/api-error.ts'
import { dynamoHistory } from '#lib/idempotency/history.dynamo.ts'
import { later, minutes, type EpochMs } from '#lib/primitives/clock.ts'
import { drainDead, type DrainDeps } from '#lib/processing/drain.ts'
import { dynamoHeld } from '#lib/processing/held.dynamo.ts'
import type { Cause } from '#lib/processing/held.ts'
import type { Connection } from '#lib/vault/connection.ts'
import { envelopeOf, givenWorker, startLedger, type GivenWorker } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

let made = 0
let tenant: string
beforeEach(() => {
  tenant = `tenant-${(made += 1)}`
})

type Standing = Awaited<ReturnType<DrainDeps['standing']>>

/** A worker whose handlers call a provider, and the sweeper's drain over the same tables. */
function given(answer: () => Promise<Response>) {
  const worker = givenWorker(table, {
    maxAttempts: 2,
    handlers: [
      async (_, ctx) => {
        const { ok } = await ctx.sluice.fetch()('/v1/x')
        if (!ok) throw new Error('the SDK is not amused')
      },
    ],
  })
  const state = { answer, standing: 'lasts' as Standing, asked: [] as Cause[], calls: [] as string[] }
  const work = worker.sandbox({ sluice: { fetch: () => () => state.answer() } })
  const sent: { readonly envelope: Envelope; readonly delayMs: number }[] = []
  const client = {
    send: (command: { readonly constructor: { readonly name: string } }, ...rest: readonly unknown[]) => {
      state.calls.push(command.constructor.name)
      return (table.client.send as (...all: readonly unknown[]) => Promise<unknown>)(command, ...rest)
    },
  } as never
  const deps: DrainDeps = {
    held: dynamoHeld({ client, table: 'control' }),
    standing: async (cause) => {
      const isOurs = cause.tenant === tenant || cause.provider === tenant
      if (isOurs) state.asked.push(cause)
      return isOurs ? state.standing : 'lasts'
    },
    history: dynamoHistory({ client, table: 'ledger', clock: worker.clock }),
    objects: worker.deps.objects,
    bulk: {
      async sendPaced(messages) {
        for (const { text, delayMs } of messages) sent.push({ envelope: decodeEnvelope(text), delayMs })
        return { failed: [] }
      },
    },
    clock: worker.clock,
    log: () => {},
    metrics: { count: () => {}, measure: () => {} },
  }
  const drain = () => drainDead(new AbortController().signal, deps)
  return { worker, work, state, sent, deps, drain }
}

/** Tries an event until it is dead; the provider of the call is the event's own. */
async function died(
  { worker, work }: Pick<ReturnType<typeof given>, 'worker' | 'work'>,
  envelope = envelopeOf(worker.clock, { tenant, provider: tenant }),
): Promise<Envelope> {
  for (let attempt = 0; attempt < 2; attempt += 1) await work([envelope])
  return envelope
}
const over = ({ clock }: GivenWorker): Standing => ({ over: clock.now() })
const ill = async () => new Response('', { status: 503 })
const well = async () => new Response('{}')

describe('an event that died of an ill provider', () => {
  test('stays dead while that lasts, and lives when it has ended', async () => {
    const g = given(ill)
    const { id } = await died(g)
    expect(await g.worker.record(id)).toMatchObject({ st: 'dead', attempts: 2 })
    expect(await g.drain()).toBe(0)
    g.state.standing = over(g.worker)
    expect(await g.drain()).toBe(1)
    expect(g.state.asked.at(-1)).toMatchObject({ kind: 'provider', provider: tenant })
    g.state.answer = well
    await g.work([g.sent[0]?.envelope as Envelope])
    expect(await g.worker.record(id)).toMatchObject({
      st: 'done',
      attempts: 1,
      redrives: 1,
      redrivenBy: 'sluice',
    })
    expect(await g.drain()).toBe(0)
    await g.drain()
    expect(g.state.asked).toHaveLength(3)
  })

  test('is tried alone where nobody knows', async () => {
    const g = given(ill)
    await died(g)
    await died(g)
    g.state.standing = 'ask'
    expect(await g.drain()).toBe(1)
  })

  test('waits longer each time that it dies again, and is then left to people', async () => {
    const g = given(ill)
    const { id } = await died(g)
    const waits: number[] = []
    for (let revivals = 0; revivals < draining.mostRevivals; revivals += 1) {
      const diedAt = g.worker.clock.now()
      for (;;) {
        g.state.standing = over(g.worker)
        if ((await g.drain()) === 1) break
        await g.worker.clock.advance(minutes(15))
      }
      waits.push((g.worker.clock.now() - diedAt) / 60_000)
      await died(g, g.sent.at(-1)?.envelope)
    }
    expect(waits).toEqual([0, 15, 60, 240, 960])
    await g.worker.clock.advance(minutes(60 * 24 * 5))
    g.state.standing = over(g.worker)
    expect(await g.drain()).toBe(0)
    expect(await g.worker.record(id)).toMatchObject({ st: 'dead', redrives: 5 })
  })

  test('that a person has redriven meanwhile is left alone', async () => {
    const g = given(ill)
    const envelope = await died(g)
    const { deadAt } = (await g.worker.record(envelope.id)) ?? {}
    g.state.answer = well
    await g.work([{ ...envelope, redrive: deadAt as string }])
    g.state.standing = over(g.worker)
    expect(await g.drain()).toBe(0)
    expect(await g.worker.record(envelope.id)).toMatchObject({ st: 'done', redrivenBy: 'operator' })
  })
})

describe('an event that died of its connection', () => {
  const revoked = () => Promise.reject(new ApiError({ provider: 'stripe', status: 401, kind: 'revoked' }))

  test('lives when the account has been connected again since', async () => {
    const g = given(revoked)
    await died(g)
    const before = g.worker.clock.now()
    await g.worker.clock.advance(60_000)
    g.state.standing = { over: later(before, -1) }
    expect(await g.drain()).toBe(0)
    g.state.standing = over(g.worker)
    expect(await g.drain()).toBe(1)
    expect(g.state.asked.at(-1)).toMatchObject({ kind: 'connection', tenant })
  })
})

test('what died of the handler itself is left to people', async () => {
  const g = given(well)
  const worker = givenWorker(table, {
    maxAttempts: 1,
    handlers: [() => Promise.reject(new Error('a bug'))],
  })
  await worker.work([envelopeOf(worker.clock, { tenant, provider: tenant })])
  g.state.standing = over(g.worker)
  expect(await g.drain()).toBe(0)
  expect(g.state.asked).toEqual([])
})

test('F42: of many, one sweep revives a bounded number, a few a second, with as many calls', async () => {
  const g = given(ill)
  const all = Array.from({ length: 230 }, () => envelopeOf(g.worker.clock, { tenant, provider: tenant }))
  for (let attempt = 0; attempt < 2; attempt += 1)
    for (let at = 0; at < all.length; at += 10) await g.work(all.slice(at, at + 10))
  g.state.standing = over(g.worker)
  const sweeps: number[] = []
  const calls: number[] = []
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const before = g.state.calls.length
    sweeps.push(await g.drain())
    calls.push(g.state.calls.length - before)
    await g.worker.clock.advance(60_000)
    g.state.standing = over(g.worker)
  }
  expect(sweeps).toEqual([100, 100, 30, 0])
  expect(calls[0]).toBe(calls[1])
  expect(new Set(g.state.calls)).toEqual(new Set(['QueryCommand', 'GetItemCommand', 'DeleteItemCommand']))
  expect(new Set(g.sent.map(({ envelope }) => envelope.id)).size).toBe(230)
  const perSecond = Map.groupBy(g.sent.slice(0, 100), ({ delayMs }) => delayMs)
  expect([...perSecond.values()].every(({ length }) => length <= draining.rate)).toBe(true)
}, 120_000)

test('a connection counts from when it was connected last, and one that waits for its user not at all', async () => {
  const clock = givenWorker(table).clock
  let connections: Partial<Connection>[] = []
  const of = standings({
    breaker: async (provider) => (provider === 'ill' ? 'open' : provider === 'new' ? 'probing' : 'closed'),
    connections: { list: async () => ({ connections: connections as Connection[] }) },
    clock,
  })
  const cause = { kind: 'connection', provider: 'slack', tenant: 'acme' } as const
  expect(await of(cause)).toBe('lasts')
  connections = [{ provider: 'slack', state: 'needs_reauth', connectedAt: 5 as EpochMs }]
  expect(await of(cause)).toBe('lasts')
  connections.push({ provider: 'slack', state: 'active', connectedAt: 7 as EpochMs })
  expect(await of(cause)).toEqual({ over: 7 })
  expect(await of({ kind: 'provider', provider: 'ill' })).toBe('lasts')
  expect(await of({ kind: 'provider', provider: 'new' })).toBe('ask')
  expect(await of({ kind: 'provider', provider: 'github' })).toEqual({ over: clock.now() })
})

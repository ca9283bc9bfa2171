import Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { waitHeader, type CallOptions } from '#lib/outbound/connection-fetch.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import type { ConnectionRef } from '#lib/outbound/sluice.ts'
import { ms } from '#lib/primitives/clock.ts'
import type { HandlerFunction } from '#lib/processing/handler.ts'
import { envelopeOf, givenWorker, startLedger, type GivenWorker } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

interface Asked {
  readonly tenant: string
  readonly connection: ConnectionRef
  readonly options: CallOptions | undefined
  readonly init: RequestInit | undefined
}

let asked: Asked[]
beforeEach(() => {
  asked = []
})

/** A worker with one handler, whose calls by connections answer so. */
function given(handler: HandlerFunction, answer: () => Promise<Response>) {
  const worker = givenWorker(table, { handlers: [handler] })
  const work = worker.sandbox({
    sluice: {
      fetch:
        (tenant, connection, options): Fetch =>
        (_, init) => {
          asked.push({ tenant, connection, options, init })
          return answer()
        },
    },
  })
  return { worker, work }
}

const held = (retryAfterMs: number) =>
  new ApiError({
    provider: 'stripe',
    status: 0,
    kind: 'held',
    code: 'breaker_open',
    retryAfterMs: ms(retryAfterMs),
  })

/** One event through one handler that calls and expects a good answer. */
async function failing(answer: () => Promise<Response>) {
  const { worker, work } = given(async (_, ctx) => {
    const { ok } = await ctx.sluice.fetch()('/v1/x')
    // As an SDK does: its own error, nothing of ours in it.
    if (!ok) throw new Error('the SDK is not amused')
  }, answer)
  const envelope = envelopeOf(worker.clock)
  const back = await work([envelope])
  return { worker, work, envelope, back, record: await recordOf(worker, envelope.id) }
}

const recordOf = async (worker: GivenWorker, id: string) => {
  const { st, attempts } = (await worker.record(id)) ?? {}
  return { st, attempts }
}

describe('calls of a handler by a connection', () => {
  test("are of the event's own tenant, provider and account unless it says otherwise, and never of another tenant", async () => {
    const { worker, work } = given(
      async (_, ctx) => {
        await ctx.sluice.fetch()('/a')
        await ctx.sluice.fetch({ provider: 'slack', account: 'T1' })('/b')
      },
      async () => new Response(),
    )
    const { tenant, provider } = envelopeOf(worker.clock)
    expect(await work([envelopeOf(worker.clock)])).toEqual([])
    expect(asked.map((each) => [each.tenant, each.connection])).toEqual([
      [tenant, { provider }],
      [tenant, { provider: 'slack', account: 'T1' }],
    ])
  })

  test('end with the attempt', async () => {
    let late: Fetch | undefined
    const { worker, work } = given(
      async (_, ctx) => {
        late = ctx.sluice.fetch()
        await late('/a')
      },
      async () => new Response(),
    )
    await work([envelopeOf(worker.clock)])
    expect(asked[0]?.init?.signal?.aborted).toBe(true)
    await expect(late?.('/b')).rejects.toMatchObject({ code: 'LEASE_LOST' })
    expect(asked).toHaveLength(1)
  })

  test('have the same idempotency keys in every attempt, and are not repeated on top of a retry (F67)', async () => {
    const request = { method: 'POST', url: new URL('https://api.example/a'), headers: new Headers() }
    const keys: (string | undefined)[] = []
    const { worker, work } = given(
      async (_, ctx) => {
        await ctx.sluice.fetch()('/a')
        throw new Error('no')
      },
      async () => {
        keys.push(asked.at(-1)?.options?.keys?.(request))
        return new Response()
      },
    )
    const envelope = envelopeOf(worker.clock)
    await work([envelope])
    await work([envelope])
    expect(keys[0]).toBeTypeOf('string')
    expect(keys[1]).toBe(keys[0])
    expect(asked.map(({ options }) => options?.attempts)).toEqual([undefined, 1])
  })
})

test('two handlers of one event that make the same call mean two', async () => {
  const request = { method: 'POST', url: new URL('https://api.example/a'), headers: new Headers() }
  const keys: (string | undefined)[] = []
  const calling: HandlerFunction = async (_, ctx) => {
    await ctx.sluice.client({ provider: 'stripe', account: 'a' }).fetch('/a')
  }
  const worker = givenWorker(table, { handlers: [calling, calling] })
  const work = worker.sandbox({
    sluice: {
      fetch: (_tenant, _connection, options) => async () => {
        keys.push(options?.keys?.(request))
        return new Response()
      },
    },
  })
  expect(await work([envelopeOf(worker.clock)])).toEqual([])
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(2)
})

describe('an event whose call was held back', () => {
  test('is parked as long as was asked, and no attempt is used', async () => {
    const { worker, back, record } = await failing(() => Promise.reject(held(60_000)))
    expect(back).toEqual(['m0'])
    expect(record).toEqual({ st: 'parked', attempts: 0 })
    const [hiddenMs = 0] = worker.hidden.values()
    expect(hiddenMs).toBeGreaterThanOrEqual(60_000)
    expect(hiddenMs).toBeLessThanOrEqual(90_000)
  })

  test('B113: is parked too when its SDK made an error of its own out of the answer, however often', async () => {
    const limited = async () => new Response('', { status: 429, headers: { [waitHeader]: '5000' } })
    const { work, worker, envelope, record } = await failing(limited)
    expect(record).toEqual({ st: 'parked', attempts: 0 })
    for (let round = 0; round < 20; round += 1) await work([envelope])
    expect(await recordOf(worker, envelope.id)).toEqual({ st: 'parked', attempts: 0 })
    expect(worker.counted).not.toContain('EventDead')
  })

  test('is parked when a real SDK was between the handler and the call', async () => {
    const { worker, work } = given(
      async (_, ctx) => {
        const httpClient = Stripe.createFetchHttpClient(ctx.sluice.fetch())
        await new Stripe('from Sluice', { httpClient, maxNetworkRetries: 0 }).balance.retrieve()
      },
      () => Promise.reject(held(60_000)),
    )
    const envelope = envelopeOf(worker.clock)
    expect(await work([envelope])).toEqual(['m0'])
    expect(await recordOf(worker, envelope.id)).toEqual({ st: 'parked', attempts: 0 })
    expect(asked).toHaveLength(1)
  })

  test('is done when the handler can do without', async () => {
    const { worker, work } = given(
      async (_, ctx) => {
        await ctx.sluice
          .fetch()('/a')
          .catch(() => undefined)
      },
      () => Promise.reject(held(60_000)),
    )
    const envelope = envelopeOf(worker.clock)
    expect(await work([envelope])).toEqual([])
    expect(await recordOf(worker, envelope.id)).toEqual({ st: 'done', attempts: 1 })
  })

  test('F63: is parked too when the call failed and its provider is known to be ill, whatever the handler makes of it', async () => {
    const ill = async () => {
      asked.at(-1)?.options?.asked?.(ms(20_000))
      return new Response('', { status: 503 })
    }
    const { record, worker } = await failing(ill)
    expect(record).toEqual({ st: 'parked', attempts: 0 })
    expect([...worker.hidden.values()][0]).toBeGreaterThanOrEqual(20_000)
  })

  test('waits two minutes more than was asked at most, however often it was sent away', async () => {
    const { work, worker, envelope } = await failing(() => Promise.reject(held(1_000)))
    const waits: number[] = []
    for (let round = 0; round < 40; round += 1) {
      worker.hidden.clear()
      await work([envelope])
      waits.push(...worker.hidden.values())
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(120_000)
    expect(Math.max(...waits)).toBeGreaterThan(60_000)
  })

  test('uses an attempt when the provider failed and asked for nothing', async () => {
    const { record } = await failing(async () => new Response('', { status: 500 }))
    expect(record).toEqual({ st: 'retry', attempts: 1 })
  })

  test('waits at most as long as a message can be hidden', async () => {
    const { worker } = await failing(() => Promise.reject(held(10 ** 9)))
    expect([...worker.hidden.values()]).toEqual([12 * 3_600_000])
  })
})

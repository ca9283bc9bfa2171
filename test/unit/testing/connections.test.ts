import { describe, expect, test } from 'vitest'
import { itemsIn } from '#lib/outbound/paginate.ts'
import { on } from '#lib/processing/handler.ts'
import { minutes, ms } from '#lib/primitives/clock.ts'
import { mockProvider, type MockOptions } from '#lib/testing/mock-provider.ts'
import { testing } from '#lib/testing/testing.ts'
import { virtualTime } from '#lib/testing/virtual-time.ts'

const stripeMock = (routes: MockOptions['routes'], more: Partial<MockOptions> = {}) =>
  mockProvider('stripe', { routes, ...more })
const refund = { type: 'stripe.charge.failed', data: { charge: 'ch_1' } }
const refunding = on('stripe.charge.failed', async (_, ctx) => {
  const answer = await ctx.sluice.fetch()('/v1/refunds', { method: 'POST', body: 'charge=ch_1' })
  if (!answer.ok) throw new Error(`stripe answered ${answer.status}`)
})

describe("a handler's calls by connections", () => {
  test("reach the mock of the event's provider, with its credentials and an idempotency key", async () => {
    const stripe = stripeMock((answer) => ({ 'POST /v1/refunds': answer.json({ id: 're_1' }) }))
    await testing.invoke(refunding, refund, { sluice: testing.connections({ stripe }) })
    expect(stripe.requests).toMatchObject([{ path: '/v1/refunds', status: 200, text: 'charge=ch_1' }])
    expect(stripe.requests[0]?.idempotencyKey).toMatch(/^[\w-]{43}$/)
  })

  test('have the same key for the same event, so that a second attempt does nothing twice', async () => {
    const stripe = stripeMock((answer) => ({ 'POST /v1/refunds': answer.json({ id: 're_1' }) }))
    for (let attempt = 0; attempt < 2; attempt += 1)
      await testing.invoke(refunding, refund, {
        sluice: testing.connections({ stripe }),
        idempotencyKey: 'evt_9',
      })
    expect(stripe.requests.map(({ repeated }) => repeated)).toEqual([false, true])
  })

  test('wait as long as the provider asks, in no time', async () => {
    const stripe = stripeMock((answer) => ({
      'POST /v1/refunds': [answer.throttled({ retryAfterSeconds: 4 }), answer.unavailable(), answer.json({})],
    }))
    const sluice = testing.connections({ stripe })
    const before = sluice.clock.now()
    await testing.invoke(refunding, refund, { sluice })
    expect(stripe.requests.map(({ status }) => status)).toEqual([429, 503, 200])
    expect(sluice.clock.now() - before).toBeGreaterThanOrEqual(4_000)
  })

  test('are not repeated in a later attempt, and may be of an account', async () => {
    const stripe = stripeMock((answer) => ({ 'POST /v1/refunds': answer.unavailable() }))
    const event = { ...refund, account: 'acct_1' }
    const run = testing.invoke(refunding, event, { sluice: testing.connections({ stripe }), attempt: 2 })
    await expect(run).rejects.toThrow('stripe answered 503')
    expect(stripe.requests).toHaveLength(1)
  })

  test('fail with the answer that stays', async () => {
    const stripe = stripeMock((answer) => ({ 'POST /v1/refunds': answer.fault('payment') }))
    const run = testing.invoke(refunding, refund, { sluice: testing.connections({ stripe }) })
    await expect(run).rejects.toThrow('stripe answered 402')
    expect(stripe.requests).toHaveLength(1)
  })

  test('may be made by a client for operations and readers', async () => {
    const stripe = stripeMock((answer) => ({
      'GET /v1/things': answer.list([{ id: 'a' }, { id: 'b' }], { pageSize: 1 }),
    }))
    const client = testing.connections({ stripe }).client()
    const dialect = client.api?.pages?.default
    if (!dialect) throw new Error('no lists')
    const read: unknown[] = []
    for await (const item of itemsIn(client, { dialect, start: '/v1/things', pageSize: 1 })) read.push(item)
    expect(read).toEqual([{ id: 'a' }, { id: 'b' }])
  })

  test('keep to the limits that are declared', async () => {
    const clock = virtualTime()
    const started: number[] = []
    const github = mockProvider('github', {
      clock,
      routes: (answer) => ({ 'POST /x': () => (started.push(clock.now()), answer.json({})) }),
    })
    const calls = testing.connections({ github }, { clock })
    // One change a second, as GitHub asks.
    for (let round = 0; round < 3; round += 1) await calls.fetch()('/x', { method: 'POST' })
    expect(started.map((at) => at - (started[0] ?? 0))).toEqual([0, 1_000, 2_000])
  })

  test('open the breaker of a provider that is down', async () => {
    const stripe = stripeMock((answer) => ({ 'GET /v1/x': answer.unavailable() }))
    const { fetch } = testing.connections({ stripe })
    const ask = async () => fetch()('/v1/x')
    expect((await ask()).status).toBe(503)
    await expect(ask()).rejects.toMatchObject({ kind: 'held', code: 'breaker_open' })
  })

  test('end with their deadline when there is no answer', async () => {
    const clock = virtualTime()
    const hang = async () => {
      await clock.sleep(minutes(60))
      throw new Error('too late')
    }
    const stripe = { ...stripeMock({}), fetch: hang }
    const { fetch } = testing.connections({ stripe }, { clock })
    await expect(fetch(undefined, { timeoutMs: ms(3_000) })('/v1/x')).rejects.toThrow(
      'not finished within 3000 ms',
    )
  })

  test('tell which provider no longer takes the credentials', async () => {
    const stripe = stripeMock((answer) => ({ 'GET /v1/x': answer.unauthorized() }))
    const calls = testing.connections({ stripe })
    expect((await calls.fetch()('/v1/x')).status).toBe(401)
    expect(calls.locked).toEqual(['stripe'])
  })

  test('ask once more with fresh credentials where that may help', async () => {
    const github = mockProvider('github', {
      routes: (answer) => ({ 'GET /user': [answer.unauthorized(), answer.json({ id: 1 })] }),
    })
    const calls = testing.connections({ github })
    expect((await calls.fetch()('/user')).status).toBe(200)
    expect(calls.locked).toEqual([])
  })

  test('fail with helpful words where no route fits, and no connection is', async () => {
    const stripe = stripeMock({})
    const slack = mockProvider('slack', { routes: {} })
    const calls = testing.connections({ stripe, slack })
    await expect(calls.fetch({ provider: 'stripe' })('/v1/x')).rejects.toThrow('no route for "GET /v1/x"')
    expect(() => calls.fetch({ provider: 'twilio' })).toThrow(
      'no connection at "twilio": it has stripe, slack',
    )
    expect(() => calls.fetch()).toThrow('name the connection')
    expect(() => testing.connections({ slack: stripe })).toThrow('the mock for "slack" is one of "stripe"')
  })

  test('refuse an answer that is too long, as sockets do', async () => {
    const stripe = stripeMock((answer) => ({ 'GET /v1/x': answer.json('x'.repeat(2_000)) }))
    const { fetch } = testing.connections({ stripe })
    const answer = await fetch(undefined, { maxBodyBytes: 1_000 })('/v1/x')
    await expect(answer.text()).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  })
})

describe('virtual time', () => {
  test('goes on to whoever sleeps, in the order of the instants', async () => {
    const clock = virtualTime()
    const order: string[] = []
    const nap = async (name: string, delay: number) => {
      await clock.sleep(ms(delay))
      order.push(name)
    }
    clock.after(ms(1_500), () => order.push('timer'))
    await Promise.all([nap('late', 2_000), nap('early', 1_000)])
    expect(order).toEqual(['early', 'timer', 'late'])
  })

  test('stands still while nobody sleeps, moves when told, and lets a sleeper go', async () => {
    const clock = virtualTime(0)
    let ticks = 0
    const stop = clock.every(ms(100), () => (ticks += 1))
    clock.advance(350)
    stop()
    clock.advance(1_000)
    expect([clock.now(), ticks]).toEqual([1_350, 3])
    const gone = AbortSignal.abort(new Error('gone'))
    await expect(clock.sleep(ms(1), gone)).rejects.toThrow('gone')
    const leaving = new AbortController()
    const sleeping = clock.sleep(ms(1), leaving.signal)
    leaving.abort(new Error('left'))
    await expect(sleeping).rejects.toThrow('left')
  })
})

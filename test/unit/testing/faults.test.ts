import { describe, expect, test } from 'vitest'
import { ms, seconds } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { withFaults, type FaultPlan, type HttpFault } from '#lib/testing/faults.ts'
import { mockProvider } from '#lib/testing/mock-provider.ts'
import { testing } from '#lib/testing/testing.ts'
import { virtualTime } from '#lib/testing/virtual-time.ts'

function given(plan: FaultPlan, seed = 1) {
  const clock = virtualTime()
  let heard = 0
  const fetch = withFaults(
    async () => {
      heard += 1
      return Response.json({ answer: heard }, { headers: { 'x-kept': 'yes' } })
    },
    plan,
    { clock, random: seededRandom(seed) },
  )
  return {
    clock,
    fetch,
    heard: () => heard,
    ask: async (init?: RequestInit) => fetch('https://api.test/x', init),
  }
}

const one = (fault: HttpFault) => given({ list: [fault] })

describe('a fault on demand', () => {
  test('latency passes before the request is heard', async () => {
    const { ask, clock } = one({ kind: 'latency', delayMs: 1_500 })
    const before = clock.now()
    expect(await (await ask()).json()).toEqual({ answer: 1 })
    expect(clock.now() - before).toBe(1_500)
  })

  test('latency ends with the signal, and nothing is heard', async () => {
    const { ask, heard } = one({ kind: 'latency', delayMs: 1_500 })
    const gone = ask({ signal: AbortSignal.abort(new Error('gone')) })
    await expect(gone).rejects.toThrow('gone')
    expect(heard()).toBe(0)
  })

  test.each([
    ['refused', 'ECONNREFUSED', 0],
    ['reset-before', 'ECONNRESET', 0],
    ['reset-after', 'ECONNRESET', 1],
  ] as const)('%s is an error of the network with its code', async (kind, code, times) => {
    const { ask, heard } = one({ kind })
    await expect(ask()).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code } })
    expect(heard()).toBe(times)
  })

  test.each([
    [undefined, '1'],
    [30, '30'],
    [null, null],
  ])('throttling says a Retry-After of %s', async (retryAfterSeconds, header) => {
    const { ask, heard } = one({
      kind: 'throttled',
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    })
    const answer = await ask()
    expect([answer.status, answer.headers.get('retry-after'), heard()]).toEqual([429, header, 0])
  })

  test('a fault of the server is a 500, or what the test says', async () => {
    const { ask } = given({ list: [{ kind: 'server-error' }, { kind: 'server-error', status: 502 }] })
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 502])
  })

  test('a truncated body gives its first half and then breaks off', async () => {
    const answer = await one({ kind: 'truncated-body' }).ask()
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('{"answ')
    await expect(reader?.read()).rejects.toMatchObject({
      message: 'terminated',
      cause: { code: 'ECONNRESET' },
    })
  })

  test('a never-ending body ends with the signal', async () => {
    const { ask, clock } = one({ kind: 'endless-body' })
    const signal = new AbortController()
    clock.after(seconds(90), () => signal.abort(new Error('enough')))
    const answer = await ask({ signal: signal.signal })
    await expect(answer.text()).rejects.toThrow('enough')
    expect(answer.headers.get('x-kept')).toBe('yes')
  })

  test('a never-ending body ends when its reader does', async () => {
    const { ask } = one({ kind: 'endless-body' })
    const reader = (await ask()).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
  })

  test('a wrong content type says a page', async () => {
    const answer = await one({ kind: 'wrong-content-type' }).ask()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await answer.json()).toEqual({ answer: 1 })
  })

  test('an answer comes twice in one body', async () => {
    expect(await (await one({ kind: 'doubled-answer' }).ask()).text()).toBe('{"answer":1}{"answer":1}')
  })

  test('a request is heard twice', async () => {
    const { ask, heard } = one({ kind: 'doubled-request' })
    expect(await (await ask({ method: 'POST', body: 'x' })).json()).toEqual({ answer: 2 })
    expect(heard()).toBe(2)
    const streamed = one({ kind: 'doubled-request' }).ask({ method: 'POST', body: new ReadableStream() })
    await expect(streamed).rejects.toThrow('can not be sent twice')
  })
})

describe('a plan', () => {
  test('by list goes in order, and is over at its end', async () => {
    const { ask, fetch } = given({ list: ['none', { kind: 'server-error' }] })
    const statuses = [(await ask()).status, (await ask()).status, (await ask()).status]
    expect(statuses).toEqual([200, 500, 200])
    expect(fetch.injected).toEqual(['none', 'server-error', 'none'])
  })

  const rates: FaultPlan = {
    rates: [
      { fault: { kind: 'server-error' }, rate: 0.2 },
      { fault: { kind: 'refused' }, rate: 0.1 },
    ],
  }
  const many = async (seed: number) => {
    const { ask, fetch } = given(rates, seed)
    for (let call = 0; call < 1_000; call += 1) await ask().catch(() => undefined)
    return fetch.injected
  }

  test('by rate gives each its share, the same for the same seed', async () => {
    const injected = await many(7)
    const count = (kind: string) => injected.filter((each) => each === kind).length
    expect(count('server-error')).toBeGreaterThan(150)
    expect(count('server-error')).toBeLessThan(250)
    expect(count('refused')).toBeGreaterThan(65)
    expect(count('refused')).toBeLessThan(135)
    expect(await many(7)).toEqual(injected)
    expect(await many(8)).not.toEqual(injected)
  })

  test.each([
    { rates: [{ fault: { kind: 'refused' }, rate: -0.1 }] },
    { rates: [{ fault: { kind: 'refused' }, rate: Number.NaN }] },
    {
      rates: [
        { fault: { kind: 'refused' }, rate: 0.6 },
        { fault: { kind: 'reset-after' }, rate: 0.6 },
      ],
    },
    { list: [{ kind: 'latency', delayMs: -1 }] },
    { list: [{ kind: 'throttled', retryAfterSeconds: -1 }] },
  ] satisfies FaultPlan[])('B102: that can not be is refused at once: %j', (plan) => {
    expect(() => given(plan)).toThrow(RangeError)
  })
})

describe('connections to a mock with faults', () => {
  const connected = (list: readonly HttpFault[]) => {
    const clock = virtualTime()
    const stripe = mockProvider('stripe', {
      clock,
      routes: (answer) => ({ 'POST /v1/x': answer.json({ id: 1 }), 'GET /v1/x': answer.json({ id: 1 }) }),
    })
    const fetch = withFaults(stripe.fetch, { list }, { clock, random: seededRandom(1) })
    return { stripe, clock, calls: testing.connections({ stripe: { ...stripe, fetch } }, { clock }) }
  }

  test('come through what passes: lost answers, throttling and faults of the server', async () => {
    const { calls, stripe } = connected([
      { kind: 'reset-after' },
      { kind: 'throttled', retryAfterSeconds: 2 },
    ])
    const answer = await calls.fetch()('/v1/x', { method: 'POST', body: '{}' })
    expect(answer.status).toBe(200)
    // The lost answer was given: the second request under its key changes nothing.
    expect(stripe.requests.map(({ repeated }) => repeated)).toEqual([false, true])
  })

  test('end a body that never ends at the deadline', async () => {
    const { calls } = connected([{ kind: 'endless-body' }])
    const answer = await calls.fetch(undefined, { timeoutMs: ms(2_000) })('/v1/x')
    await expect(answer.text()).rejects.toThrow('not finished within 2000 ms')
  })

  test('ask again after a fault of a proxy', async () => {
    const { calls } = connected([{ kind: 'server-error', status: 502 }])
    const answer = await calls.fetch()('/v1/x')
    expect([answer.status, answer.headers.get('sluice-attempts')]).toEqual([200, '2'])
  })
})

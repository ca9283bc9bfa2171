import { describe, expect, test } from 'vitest'
import type { Limiter, Priority } from '#lib/outbound/limiter.ts'
import { epochMs, later, minutes, ms, seconds } from '#lib/primitives/clock.ts'
import { excess, limiterWorld, most } from './limiter-world.ts'

const perMinute = [{ limit: 500, windowMs: 60_000 }]

describe('50 workers that share 500 calls a minute, their clocks wrong by up to 30 s', () => {
  const shared = async (seed: number, priority: Priority) => {
    const world = limiterWorld({ seed, workers: 50, skewMs: 30_000, windows: perMinute })
    const until = world.clock.now() + minutes(5)
    const callers = Promise.all(world.limiters.map((limiter) => world.caller(limiter, { until, priority })))
    const warm = world.clock.now() + minutes(1)
    let atWarm = { grants: 0, requests: 0 }
    const total = () => world.shared.requests.reads + world.shared.requests.writes
    world.clock.after(ms(warm - world.clock.now()), () => {
      atWarm = { grants: world.grants.length, requests: total() }
    })
    await world.run(callers)
    return { ...world, requests: total(), atWarm }
  }

  test.each([
    [1, 'interactive'],
    [2, 'refresh'],
    [3, 'poll'],
    [4, 'backfill'],
  ] as const)(
    'are never above it in any window, and use 95 parts of 100 (seed %i, %s)',
    async (seed, priority) => {
      const { grants, requests, atWarm } = await shared(seed, priority)
      expect(most(grants, 60_000)).toBeLessThanOrEqual(500)
      expect(grants.length).toBeGreaterThanOrEqual(0.95 * 500 * 5)
      expect((requests - atWarm.requests) / (grants.length - atWarm.grants)).toBeLessThan(0.2)
      // The first minute has 50 cold workers, which begin with leases of one.
      expect(requests / grants.length).toBeLessThan(0.45)
    },
  )
})

test('one worker under load asks for less than a tenth of its calls', async () => {
  const { clock, limiters, caller, run, grants, shared } = limiterWorld({ windows: perMinute })
  const until = clock.now() + minutes(3)
  await run(Promise.all(limiters.map((each) => caller(each, { until }))))
  expect(grants.length).toBeGreaterThan(0.95 * 1_500)
  expect((shared.requests.reads + shared.requests.writes) / grants.length).toBeLessThan(0.1)
})

test('what is asked for below the limit is granted, spread thinly over many workers', async () => {
  const world = limiterWorld({ workers: 30, skewMs: 30_000, windows: perMinute })
  const { clock, limiters, caller, run, grants, random } = world
  const until = clock.now() + minutes(5)
  // 30 workers with a call every 6 s are 300 a minute.
  const restMs = () => random.fraction() * 12_000
  await run(Promise.all(limiters.map((each) => caller(each, { until, restMs }))))
  expect(most(grants, 60_000)).toBeLessThanOrEqual(500)
  const waits = grants.map(({ waited }) => waited).toSorted((a, b) => a - b)
  expect(waits[Math.floor(waits.length * 0.95)]).toBeLessThan(2_000)
})

test('an idle limit gives its burst at once', async () => {
  const { clock, limiters, scope, run } = limiterWorld({
    windows: [{ limit: 60, windowMs: 60_000, burst: 10 }],
  })
  const start = clock.now()
  let granted = 0
  for (let i = 0; i < 14; i += 1) {
    const taken = await run(
      limiters[0]?.take(scope, { priority: 'interactive' }) ?? Promise.reject(new Error()),
    )
    if (taken.kind === 'granted') granted += 1
    else await clock.advance(20)
  }
  expect(clock.now() - start).toBeLessThan(1_000)
  expect(granted).toBeGreaterThanOrEqual(8)
  expect(granted).toBeLessThanOrEqual(10)
})

test('what the line last seen refuses is refused without a request', async () => {
  const { limiters, run, scope, shared } = limiterWorld({ windows: [{ limit: 5, windowMs: 60_000 }] })
  const take = () => limiters[0]?.take(scope, { priority: 'interactive' }) ?? Promise.reject(new Error())
  await run(take())
  await run(take())
  const before = shared.requests.writes
  for (let i = 0; i < 20; i += 1) expect(await run(take())).toMatchObject({ kind: 'wait' })
  expect(shared.requests.writes).toBe(before)
})

describe('several windows', () => {
  const windows = [
    { limit: 10, windowMs: 1_000 },
    { limit: 120, windowMs: 60_000 },
    { limit: 3_000, windowMs: 86_400_000, burst: 250 },
  ]

  test('all keep to their limit, and one write takes from all', async () => {
    const { clock, limiters, caller, run, grants, shared } = limiterWorld({
      workers: 5,
      skewMs: 30_000,
      windows,
    })
    const until = clock.now() + minutes(5)
    await run(Promise.all(limiters.map((each) => caller(each, { until, priority: 'interactive' }))))
    for (const window of windows) expect(excess(grants, window)).toBeLessThanOrEqual(0)
    expect(grants.length).toBeGreaterThan(200)
    expect(shared.model.items.size).toBe(1)
  })

  test('two of the same length are refused', async () => {
    const { limiters, scope } = limiterWorld({ windows: perMinute })
    const twice = { ...scope, windows: [...perMinute, ...perMinute] }
    await expect(limiters[0]?.take(twice, { priority: 'poll' })).rejects.toThrow(RangeError)
  })
})

describe('classes', () => {
  test('a backfill that takes all it can leaves a person waiting for less than three seconds', async () => {
    const world = limiterWorld({ workers: 20, skewMs: 30_000, windows: perMinute })
    const { clock, limiters, caller, run, grants, started } = world
    const until = clock.now() + minutes(4)
    const backfill = limiters.map((each) => caller(each, { until, priority: 'backfill' }))
    const person = caller(started(), { until, priority: 'interactive', restMs: () => 7_000 })
    await run(Promise.all([...backfill, person]))
    const waits = grants.filter(({ priority }) => priority === 'interactive').map(({ waited }) => waited)
    expect(waits.length).toBeGreaterThan(20)
    expect(Math.max(...waits)).toBeLessThan(3_000)
    expect(most(grants, 60_000)).toBeLessThanOrEqual(500)
  })

  test('while the higher classes use everything, a backfill gets next to nothing', async () => {
    const world = limiterWorld({ workers: 10, windows: perMinute })
    const { clock, limiters, caller, run, grants } = world
    const until = clock.now() + minutes(4)
    await run(
      Promise.all(
        limiters.map((each, i) => caller(each, { until, priority: i < 5 ? 'interactive' : 'backfill' })),
      ),
    )
    const lower = grants.filter(({ priority }) => priority === 'backfill').length
    expect(lower / grants.length).toBeLessThan(0.1)
  })

  test('tokens that were leased for a person are not for the backfill beside', async () => {
    const { clock, limiters, caller, run, scope } = limiterWorld({ windows: perMinute })
    const [limiter] = limiters
    await run(
      Promise.all(
        limiters.map((each) => caller(each, { until: clock.now() + 20_000, priority: 'interactive' })),
      ),
    )
    expect(await limiter?.take(scope, { priority: 'backfill' })).toMatchObject({ kind: 'wait' })
  })
})

describe('what the provider says', () => {
  const after = async (observe: (now: number) => object, length = minutes(1)) => {
    const world = limiterWorld({ workers: 4, skewMs: 30_000, windows: perMinute })
    const { clock, limiters, caller, run, grants, scope } = world
    const first = clock.now() + 10_000
    await run(Promise.all(limiters.map((each) => caller(each, { until: first }))))
    limiters[0]?.observe(scope, observe(clock.now()))
    const heard = clock.now()
    await clock.advance(seconds(7))
    const until = clock.now() + length
    await run(Promise.all(limiters.map((each) => caller(each, { until }))))
    return {
      ...world,
      heard,
      later: grants.filter(({ at }) => at > heard + 7_000).map(({ at }) => at - heard),
    }
  }

  test('a block reaches all workers and ends by itself', async () => {
    const { later: calls } = await after((now) => ({ blockedUntil: epochMs(now + 30_000) }))
    expect(calls[0]).toBeGreaterThanOrEqual(30_000)
    expect(calls[0]).toBeLessThan(40_000)
  })

  test('fewer calls left than counted here are all that is sent before the reset', async () => {
    const { later: calls } = await after((now) => ({ remaining: 40, resetAt: epochMs(now + 50_000) }))
    expect(calls.filter((at) => at < 50_000).length).toBeLessThanOrEqual(41)
  })

  test('more left than counted here raises nothing', async () => {
    const { grants, shared } = await after((now) => ({
      limit: 5_000,
      remaining: 4_999,
      resetAt: epochMs(now + 60_000),
    }))
    expect(most(grants, 60_000)).toBeLessThanOrEqual(500)
    expect(shared.requests.writes).toBeGreaterThan(0)
  })

  test('a hundred words of it are one write', async () => {
    const { clock, limiters, scope, shared } = limiterWorld({ windows: perMinute })
    const resetAt = later(clock.now(), 50_000)
    for (let i = 0; i < 100; i += 1) {
      limiters[0]?.observe(scope, { remaining: 100 - i, resetAt })
      await clock.advance(5)
    }
    await clock.advance(100)
    expect(shared.requests.writes).toBeLessThanOrEqual(2)
  })

  test('a lie about a far reset freezes nothing for longer than the window', async () => {
    const { later: calls } = await after(
      (now) => ({ remaining: 0, resetAt: epochMs(now + 86_400_000) }),
      minutes(3),
    )
    expect(calls[0]).toBeLessThan(minutes(2.5))
  })
})

describe('F65: while the store is down', () => {
  test.each(['before', 'hang'] as const)('workers keep to a share of their own (%s)', async (mishap) => {
    const world = limiterWorld({ workers: 10, windows: perMinute, maxSandboxes: 10, mishap: () => mishap })
    const { clock, limiters, caller, run, grants } = world
    const until = clock.now() + minutes(4)
    await run(Promise.all(limiters.map((each) => caller(each, { until }))))
    expect(most(grants, 60_000)).toBeLessThanOrEqual(510)
    expect(grants.length).toBeGreaterThan(500 * 2.5)
  })

  test('and go back to the shared line when it answers', async () => {
    let isDown = true
    const world = limiterWorld({
      workers: 2,
      windows: perMinute,
      mishap: () => (isDown ? 'before' : 'none'),
    })
    const { clock, limiters, caller, run, grants } = world
    clock.after(minutes(1), () => (isDown = false))
    const until = clock.now() + minutes(4)
    await run(Promise.all(limiters.map((each) => caller(each, { until }))))
    const [down, up] = [minutes(1), minutes(3)].map(
      (from) =>
        grants.filter(
          ({ at }) => at >= until - minutes(4) + from - minutes(1) && at < until - minutes(4) + from,
        ).length,
    )
    expect(down).toBeLessThan(60)
    expect(up).toBeGreaterThan(450)
  })
})

test('F66: a write whose answer was lost takes from the limit and gives nothing', async () => {
  let count = 0
  const mishap = () => ((count += 1) % 5 === 0 ? 'after' : 'none')
  const world = limiterWorld({ workers: 5, skewMs: 30_000, windows: perMinute, maxSandboxes: 1_000, mishap })
  const { clock, limiters, caller, run, grants } = world
  const until = clock.now() + minutes(3)
  await run(Promise.all(limiters.map((each) => caller(each, { until }))))
  expect(most(grants, 60_000)).toBeLessThanOrEqual(500)
})

describe('questions that make no sense', () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.5])('a cost of %s is refused', async (cost) => {
    const { limiters, scope } = limiterWorld({ windows: perMinute })
    await expect(limiters[0]?.take(scope, { priority: 'poll', cost })).rejects.toThrow(RangeError)
  })

  test('a cost above what is allowed at once is refused, one within it is granted', async () => {
    const { limiters, scope, run } = limiterWorld({ windows: perMinute })
    const take = (cost: number) =>
      run(limiters[0]?.take(scope, { priority: 'poll', cost }) ?? Promise.reject(new Error()))
    await expect(take(100)).rejects.toThrow(/cost must be at most/)
    expect(await take(10)).toEqual({ kind: 'granted' })
  })

  test.each([
    [{ limit: 0, windowMs: 1_000 }, RangeError],
    [{ limit: 10, windowMs: Number.NaN }, RangeError],
    [{ limit: 10, windowMs: 1_000, burst: -1 }, RangeError],
    [{ limit: '10' as never, windowMs: 1_000 }, TypeError],
  ])('a window of %j is refused', async (window, fault) => {
    const { limiters, scope } = limiterWorld({ windows: perMinute })
    await expect(limiters[0]?.take({ ...scope, windows: [window] }, { priority: 'poll' })).rejects.toThrow(
      fault,
    )
  })

  test('an abort ends the wait for the store', async () => {
    const { clock, limiters, scope } = limiterWorld({ windows: perMinute, mishap: () => 'hang' })
    const controller = new AbortController()
    const taking = limiters[0]?.take(scope, { priority: 'poll', signal: controller.signal })
    await clock.advance(10)
    controller.abort(new Error('enough'))
    await expect(taking).rejects.toThrow('enough')
  })
})

test('one lost request is waited out, and then the store is asked: the others still use the whole limit', async () => {
  let requests = 0
  const world = limiterWorld({
    windows: [{ limit: 60, windowMs: 60_000 }],
    maxSandboxes: 1,
    mishap: () => ((requests += 1) === 1 ? 'before' : 'none'),
  })
  await world.run(
    world.caller(world.limiters[0] as Limiter, { until: world.clock.now() + 2_500, restMs: () => 5_000 }),
  )
  expect(world.grants).toHaveLength(1)
  expect(world.grants[0]?.waited).toBeGreaterThanOrEqual(1_000)
  expect(world.shared.requests.reads).toBe(2)
})

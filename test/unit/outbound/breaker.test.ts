import { describe, expect, test } from 'vitest'
import { defaultBreaker } from '#lib/outbound/breaker-standing.ts'
import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { minutes, seconds } from '#lib/primitives/clock.ts'
import { breakerWorld } from './breaker-world.ts'

const open = async (world: ReturnType<typeof breakerWorld>, worker = 0) => {
  await world.calls(20, worker, 'failure')
  expect(await world.call(worker, 'failure')).toBe('open')
}

describe('a healthy breaker', () => {
  test('writes nothing, and each worker reads at most once a second', async () => {
    const { clock, call, shared } = breakerWorld({ workers: 3 })
    const start = clock.now()
    for (let i = 0; i < 600; i += 1) {
      await call(i % 3, 'success')
      await clock.advance(20)
    }
    const elapsedSeconds = (clock.now() - start) / 1_000
    expect(shared.requests.writes).toBe(0)
    expect(shared.requests.reads).toBeGreaterThan(0)
    expect(shared.requests.reads).toBeLessThanOrEqual(3 * Math.ceil(elapsedSeconds))
  })

  test('one read serves all calls that wait for it', async () => {
    const { breakers, shared, run } = breakerWorld({ workers: 1 })
    await run(Promise.all(Array.from({ length: 50 }, async () => breakers[0]?.enter('acme'))))
    expect(shared.requests.reads).toBe(1)
  })

  test('is not opened by what says nothing about the provider', async () => {
    const { calls, shared } = breakerWorld()
    expect(await calls(200, 0, 'ignored')).not.toContain('open')
    expect(shared.requests.writes).toBe(0)
  })

  test('stays closed below its minimum and below its share', async () => {
    const { calls } = breakerWorld({ latencyMs: 1 })
    expect(await calls(19, 0, 'failure')).not.toContain('open')
    const other = breakerWorld({ latencyMs: 1 })
    await other.calls(30, 0, 'success')
    expect(await other.calls(29, 0, 'failure')).not.toContain('open')
  })
})

describe('opening', () => {
  test('one worker sees enough failures, and a second later every other keeps its calls', async () => {
    const world = breakerWorld({ workers: 5, skewMs: 30_000 })
    for (let worker = 1; worker < 5; worker += 1) await world.call(worker, 'success')
    await open(world)
    await world.clock.advance(1_000)
    for (let worker = 1; worker < 5; worker += 1) expect(await world.call(worker, 'failure')).toBe('open')
  })

  test('few failures of many workers count together', async () => {
    const world = breakerWorld({ workers: 20 })
    let sent = 0
    for (let round = 0; round < 5; round += 1) {
      for (let worker = 0; worker < 20; worker += 1)
        if ((await world.call(worker, 'failure')) !== 'open') sent += 1
      await world.clock.advance(1_000)
    }
    expect(sent).toBeLessThanOrEqual(60)
    expect(await world.call(3, 'failure')).toBe('open')
  })

  test('the successes of the others count too, once someone has told of failures', async () => {
    const world = breakerWorld({ workers: 10 })
    for (let round = 0; round < 40; round += 1) {
      for (let worker = 0; worker < 10; worker += 1)
        expect(await world.call(worker, worker === 0 ? 'failure' : 'success')).toBe('pass')
      await world.clock.advance(500)
    }
  })

  test('so many failures in a row open it where that is asked for, and one success between them does not', async () => {
    const policy = { ...defaultBreaker, trips: { kind: 'consecutive', failures: 5 } } as const
    const { calls, call } = breakerWorld({ policy })
    await calls(4, 0, 'failure')
    await call(0, 'success')
    expect(await calls(5, 0, 'failure')).not.toContain('open')
    expect(await call(0, 'failure')).toBe('open')
  })
})

describe('few calls', () => {
  test('open it once twenty in a row have failed, over all workers and however long that takes', async () => {
    const world = breakerWorld({ workers: 5 })
    for (let i = 0; i < 20; i += 1) {
      expect(await world.call(i % 5, 'failure')).toBe('pass')
      await world.clock.advance(seconds(12))
    }
    expect(await world.call(0, 'failure')).toBe('open')
  })

  test('that fail together in one worker all count, also when the next comes much later', async () => {
    const world = breakerWorld({ workers: 2 })
    for (let round = 0; round < 4; round += 1) {
      await world.calls(5, 0, 'failure')
      await world.clock.advance(seconds(30))
    }
    await world.call(0, 'failure')
    expect(await world.call(0, 'failure')).toBe('open')
  })

  test('leave it closed as long as one of twenty comes through', async () => {
    const world = breakerWorld({ workers: 2 })
    for (let i = 0; i < 100; i += 1) {
      expect(await world.call(i % 2, i % 15 === 14 ? 'success' : 'failure')).toBe('pass')
      await world.clock.advance(seconds(30))
    }
  })

  test('open it in each worker by itself while the store is down', async () => {
    const { call, clock } = breakerWorld({ mishap: () => 'before' })
    for (let i = 0; i < 20; i += 1) {
      await call(0, 'failure')
      await clock.advance(seconds(12))
    }
    expect(await call(0, 'failure')).toBe('open')
  })
})

describe('what a pass says', () => {
  const reported = async (world: ReturnType<typeof breakerWorld>, worker: number) => {
    const entry = await world.enter(worker)
    return entry.kind === 'pass'
      ? (outcome: 'failure' | 'success') => world.run(entry.report(outcome))
      : undefined
  }

  test('after a failure while it is open, also by others: for how long; else nothing', async () => {
    const world = breakerWorld()
    const [first, second, third] = [
      await reported(world, 1),
      await reported(world, 1),
      await reported(world, 1),
    ]
    expect(await first?.('failure')).toBeUndefined()
    await open(world)
    await world.clock.advance(seconds(2))
    expect(await second?.('failure')).toBeGreaterThan(10_000)
    expect(await third?.('success')).toBeUndefined()
  })

  test('after a failed probe: how long it is open now', async () => {
    const world = breakerWorld()
    await open(world)
    await world.clock.advance(seconds(30))
    const probe = await reported(world, 1)
    expect(await probe?.('failure')).toBeGreaterThan(15_000)
  })
})

test('a worker that knows nothing yet asks twice before it does without the store', async () => {
  let requests = 0
  const world = breakerWorld({ workers: 1, mishap: () => ((requests += 1) === 1 ? 'before' : 'none') })
  await world.call(0, 'success')
  expect(world.shared.requests.reads).toBe(2)
})

describe('half open', () => {
  test('one probe leaves over all workers, and its success closes for all', async () => {
    const world = breakerWorld({ workers: 10, skewMs: 30_000 })
    await open(world)
    await world.clock.advance(seconds(26))
    const entries = await world.run(Promise.all(world.breakers.map((each) => each.enter('acme'))))
    const probes = entries.filter((entry) => entry.kind === 'pass')
    expect(probes).toHaveLength(1)
    for (const probe of probes) {
      expect(probe.probe).toBe(true)
      await world.run(probe.report('success'))
    }
    await world.clock.advance(1_000)
    for (let worker = 0; worker < 10; worker += 1) expect(await world.call(worker, 'success')).toBe('pass')
  })

  test('a failed probe opens again for about twice as long, never for more than 15 minutes', async () => {
    const world = breakerWorld()
    await open(world)
    const lengths: number[] = []
    for (let round = 0; round < 9; round += 1) {
      const from = world.clock.now()
      while ((await world.call(1, 'failure')) === 'open') await world.clock.advance(1_000)
      lengths.push(world.clock.now() - from)
    }
    lengths.slice(1, 5).forEach((length, i) => expect(length).toBeGreaterThan((lengths[i] ?? 0) * 1.1))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(minutes(15) + 4_000)
    expect(lengths.at(-1)).toBeGreaterThan(minutes(10))
  })

  test('a dead prober frees its permit after a minute', async () => {
    const world = breakerWorld()
    await open(world)
    await world.clock.advance(seconds(26))
    expect(await world.enter(0)).toMatchObject({ kind: 'pass', probe: true })
    await world.clock.advance(seconds(50))
    expect(await world.call(1, 'success')).toBe('open')
    await world.clock.advance(seconds(15))
    expect(await world.call(1, 'success')).toBe('probe')
    await world.clock.advance(1_000)
    expect(await world.call(0, 'success')).toBe('pass')
  })

  test('a probe that found out nothing leaves its permit to another', async () => {
    const world = breakerWorld()
    await open(world)
    await world.clock.advance(seconds(26))
    expect(await world.call(0, 'ignored')).toBe('probe')
    await world.clock.advance(1_000)
    expect(await world.call(1, 'success')).toBe('probe')
  })

  test('as many probes as there are permits leave together', async () => {
    const world = breakerWorld({ workers: 6, policy: { ...defaultBreaker, permits: 3 } })
    await open(world)
    await world.clock.advance(seconds(26))
    const entries = []
    for (let round = 0; round < 4; round += 1) {
      entries.push(...(await world.run(Promise.all(world.breakers.map((each) => each.enter('acme'))))))
      await world.clock.advance(1_000)
    }
    expect(entries.filter(({ kind }) => kind === 'pass')).toHaveLength(3)
  })
})

describe('an instant that a skewed clock wrote', () => {
  test('keeps nobody longer than the open time', async () => {
    const world = breakerWorld()
    await open(world)
    const [key, item] = [...world.shared.model.items][0] ?? ['', {}]
    const far = { N: String(world.clock.now() + 86_400_000) }
    ;(world.shared.model.items as Map<string, typeof item>).set(key, { ...item, openedAt: far, openMs: far })
    await world.clock.advance(1_000)
    expect(await world.call(1, 'success')).toBe('open')
    await world.clock.advance(minutes(15))
    expect(await world.call(1, 'success')).toBe('probe')
  })
})

describe('while the store is down', () => {
  test('each worker has a breaker of its own, and gives its standing to the store when that is back', async () => {
    let isDown = true
    const world = breakerWorld({ mishap: () => (isDown ? 'before' : 'none') })
    await open(world)
    expect(await world.call(1, 'success')).toBe('pass')
    isDown = false
    await world.clock.advance(seconds(6))
    expect(await world.call(0, 'success')).toBe('open')
    await world.clock.advance(seconds(1))
    expect(await world.call(1, 'success')).toBe('open')
  })

  test('a worker that opened by itself probes by itself', async () => {
    const world = breakerWorld({ mishap: () => 'hang' })
    await open(world)
    await world.clock.advance(seconds(26))
    expect(await world.call(0, 'success')).toBe('probe')
    expect(await world.call(0, 'success')).toBe('pass')
  })

  test('a store that hangs costs half a second, and then nothing for five', async () => {
    const world = breakerWorld({ mishap: () => 'hang' })
    const start = world.clock.now()
    await world.calls(10, 0, 'success')
    expect(world.clock.now() - start).toBeLessThanOrEqual(500)
    expect(world.shared.requests.reads).toBe(1)
  })
})

test('F64: a provider that flaps is opened for at most six times in ten minutes', async () => {
  const world = breakerWorld({ workers: 4 })
  let openings = 0
  let before: string | undefined
  const end = world.clock.now() + minutes(10)
  for (let i = 0; world.clock.now() < end; i += 1) {
    await world.call(i % 4, world.clock.now() % 10_000 < 5_000 ? 'failure' : 'success')
    await world.clock.advance(50)
    const item = [...world.shared.model.items.values()][0]
    const by = item?.['st']?.S === 'open' ? item['lastBy']?.S : undefined
    if (by !== undefined && by !== before) openings += 1
    before = by
  }
  expect(openings).toBeGreaterThan(1)
  expect(openings).toBeLessThanOrEqual(6)
})

test.each([
  ['openMs', 0],
  ['openMs', Number.NaN],
  ['permits', -1],
  ['probeMs', Number.POSITIVE_INFINITY],
])('refuses a policy with %s of %s', (name, value) => {
  const policy = { ...defaultBreaker, [name]: value }
  expect(() => breakerWorld({ policy, make: dynamoBreaker })).toThrow(RangeError)
})

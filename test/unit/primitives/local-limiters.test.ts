import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock, EpochMs } from '#lib/primitives/clock.ts'
import { slidingWindow } from '#lib/primitives/sliding-window.ts'
import { tokenBucket } from '#lib/primitives/token-bucket.ts'
import type { LocalLimiter } from '#lib/primitives/waiting-line.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Grant {
  readonly at: number
  readonly cost: number
}

/** The most that any stretch up to `windowMs` long, both ends included, holds. */
function worstStretch(grants: readonly Grant[], windowMs: number): number {
  const sums = grants.map((first, index) =>
    grants.slice(index).reduce((sum, { at, cost }) => (at - first.at < windowMs ? sum + cost : sum), 0),
  )
  return Math.max(0, ...sums)
}

const asks = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 2_000 }), cost: fc.integer({ min: 1, max: 5 }) }),
  {
    maxLength: 80,
  },
)
const rates = fc.record({
  limit: fc.integer({ min: 5, max: 100 }),
  windowMs: fc.integer({ min: 100, max: 60_000 }),
  burst: fc.integer({ min: 5, max: 40 }),
})

/** Asks in order and keeps what was granted, at instants of the limiter's own clock. */
function grantsOf(
  make: (clock: Clock) => LocalLimiter,
  sequence: readonly { readonly gap: number; readonly cost: number }[],
): Grant[] {
  let now = 1_780_000_000_000
  const limiter = make({ ...virtualClock(), now: () => now as EpochMs })
  const granted: Grant[] = []
  for (const { gap, cost } of sequence) {
    now += gap
    if (limiter.tryTake(cost)) granted.push({ at: now, cost })
  }
  return granted
}

describe('a token bucket', () => {
  test('grants at most rate x W + burst in any stretch W', () => {
    fc.assert(
      fc.property(rates, asks, fc.integer({ min: 1, max: 100_000 }), (rate, sequence, stretch) => {
        const granted = grantsOf((clock) => tokenBucket(rate, { clock }), sequence)
        const most = (stretch * rate.limit) / rate.windowMs + rate.burst
        expect(worstStretch(granted, stretch)).toBeLessThanOrEqual(most + 1e-6)
      }),
      { numRuns: 500 },
    )
  })

  test('is full at first and refills evenly', () => {
    const sequence = [0, 0, 0, 499, 1, 500].map((gap) => ({ gap, cost: 1 }))
    const granted = grantsOf((clock) => tokenBucket({ limit: 2, windowMs: 1_000 }, { clock }), sequence)
    expect(granted.map(({ at }) => at - 1_780_000_000_000)).toEqual([0, 0, 500, 1_000])
  })

  test('a cost above the burst is refused instead of waited for', async () => {
    const bucket = tokenBucket({ limit: 2, windowMs: 1_000 }, { clock: virtualClock() })
    await expect(bucket.take(3)).rejects.toThrow('cost 3 is above the burst of 2')
    expect(() => bucket.tryTake(3)).toThrow(RangeError)
    expect(() => bucket.tryTake(-1)).toThrow(RangeError)
  })

  test.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: Number.NaN }],
    ['windowMs', { windowMs: -1 }],
    ['burst', { burst: 0.5 }],
  ])('%s out of bounds is refused: %o (B108)', (name, wrong) => {
    expect(() => tokenBucket({ limit: 1, windowMs: 1, ...wrong }, { clock: virtualClock() })).toThrow(name)
  })
})

describe('a sliding window', () => {
  test('grants at most its limit in any stretch of one window, whatever the order of the costs', () => {
    fc.assert(
      fc.property(rates, asks, (rate, sequence) => {
        const granted = grantsOf((clock) => slidingWindow(rate, { clock }), sequence)
        expect(worstStretch(granted, rate.windowMs)).toBeLessThanOrEqual(rate.limit)
      }),
      { numRuns: 500 },
    )
  })

  test('grants again exactly when the first grant leaves the window', () => {
    const sequence = [0, 400, 599, 1, 399, 1].map((gap) => ({ gap, cost: 1 }))
    const granted = grantsOf((clock) => slidingWindow({ limit: 2, windowMs: 1_000 }, { clock }), sequence)
    expect(granted.map(({ at }) => at - 1_780_000_000_000)).toEqual([0, 400, 1_000, 1_400])
  })

  test.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 1e9 }],
    ['windowMs', { windowMs: Infinity }],
  ])('%s out of bounds is refused: %o (B108)', (name, wrong) => {
    expect(() => slidingWindow({ limit: 1, windowMs: 1, ...wrong }, { clock: virtualClock() })).toThrow(name)
  })
})

describe.each<[string, (clock: Clock) => LocalLimiter]>([
  ['token bucket', (clock) => tokenBucket({ limit: 2, windowMs: 1_000 }, { clock })],
  ['sliding window', (clock) => slidingWindow({ limit: 2, windowMs: 1_000 }, { clock })],
])('waiting at a %s', (_, make) => {
  test('is in the order of the calls, also when a later one costs less', async () => {
    const clock = virtualClock()
    const limiter = make(clock)
    const order: string[] = []
    limiter.tryTake(2)
    void limiter.take(2).then(() => order.push('dear'))
    void limiter.take(1).then(() => order.push('cheap'))
    await clock.advance(999)
    expect(order).toEqual([])
    await clock.advance(1)
    expect(order).toEqual(['dear'])
    await clock.advance(1_000)
    expect(order).toEqual(['dear', 'cheap'])
    expect([limiter.waiting, clock.waiting]).toEqual([0, 0])
  })

  test('ends with an abort, spends nothing, and lets the next one pass', async () => {
    const clock = virtualClock()
    const limiter = make(clock)
    limiter.tryTake(1)
    const controller = new AbortController()
    const dear = limiter.take(2, controller.signal)
    let next = false
    void limiter.take(1).then(() => (next = true))
    controller.abort(new Error('enough'))
    await expect(dear).rejects.toThrow('enough')
    await clock.advance(0)
    expect([next, limiter.waiting, clock.waiting]).toEqual([true, 0, 0])
  })

  test('does not begin under a signal that has aborted', async () => {
    const limiter = make(virtualClock())
    await expect(limiter.take(2, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    expect(limiter.tryTake(2)).toBe(true)
  })

  test('with a cost that is none is refused, and those in line are still served', async () => {
    const clock = virtualClock()
    const limiter = make(clock)
    limiter.tryTake(2)
    const waits = limiter.take(1)
    await expect(limiter.take(Number.NaN)).rejects.toThrow(RangeError)
    await expect(limiter.take(3)).rejects.toThrow(RangeError)
    await clock.advance(1_000)
    await expect(waits).resolves.toBeUndefined()
  })

  test('is never longer than one window after the clock was set back', async () => {
    let offset = 1e9
    const clock = virtualClock()
    const limiter = make({ ...clock, now: () => (clock.now() + offset) as EpochMs })
    limiter.tryTake(2)
    offset = 0
    expect(limiter.tryTake(1)).toBe(false)
    await clock.advance(1_000)
    expect(limiter.tryTake(2)).toBe(true)
  })
})

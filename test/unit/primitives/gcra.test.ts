import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs, type EpochMs } from '#lib/primitives/clock.ts'
import {
  gcra,
  gcraAll,
  gcraGiveBack,
  gcraRemaining,
  gcraWithRemaining,
  strictRate,
  type Rate,
  type RateState,
} from '#lib/primitives/gcra.ts'

const start = epochMs(1_780_000_000_000)
const at = (offset: number): EpochMs => epochMs(start + offset)
const perMinute: Rate = { limit: 60, windowMs: 60_000, burst: 5 }

interface Grant {
  readonly time: number
  readonly cost: number
}

/** Asks at each instant, in order, and keeps what was granted. */
function grantsOf(rate: Rate, asks: readonly Grant[]): Grant[] {
  let state: RateState | undefined
  return asks.filter(({ time, cost }) => {
    const answer = gcra(state, at(time), rate, cost)
    if (answer.granted) state = { tat: answer.tat }
    return answer.granted
  })
}

/** The most that any stretch between two grants holds above `rate * stretch`. */
function worstExcess(rate: Rate, grants: readonly Grant[]): number {
  let worst = 0
  for (let first = 0; first < grants.length; first += 1) {
    let spent = 0
    for (const { time, cost } of grants.slice(first)) {
      spent += cost
      worst = Math.max(worst, spent - ((time - (grants[first]?.time ?? 0)) * rate.limit) / rate.windowMs)
    }
  }
  return worst
}

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 5_000 }),
  windowMs: fc.integer({ min: 100, max: 3_600_000 }),
  burst: fc.integer({ min: 1, max: 50 }),
})
const asks = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 5_000 }), cost: fc.integer({ min: 1, max: 50 }) }),
  {
    maxLength: 60,
  },
)
const asAsks = (gaps: readonly { gap: number; cost: number }[], burst: number): Grant[] => {
  let time = 0
  return gaps.map(({ gap, cost }) => ({ time: (time += gap), cost: Math.min(cost, burst) }))
}

describe('one window', () => {
  test('grants the burst at once and then one for each step of time', () => {
    const granted = grantsOf(
      perMinute,
      [0, 0, 0, 0, 0, 0, 999, 1_000, 1_000, 2_000].map((time) => ({ time, cost: 1 })),
    )
    expect(granted.map(({ time }) => time)).toEqual([0, 0, 0, 0, 0, 1_000, 2_000])
  })

  test('says how long to wait, and grants exactly then', () => {
    fc.assert(
      fc.property(rates, asks, (rate, gaps) => {
        let state: RateState | undefined
        for (const { time, cost } of asAsks(gaps, rate.burst)) {
          const answer = gcra(state, at(time), rate, cost)
          if (answer.granted) state = { tat: answer.tat }
          else {
            expect(gcra(state, at(time + answer.waitMs), rate, cost).granted).toBe(true)
            expect(gcra(state, at(time + answer.waitMs - 1), rate, cost).granted).toBe(false)
          }
        }
      }),
    )
  })

  test('never grants more than rate x W + burst in any stretch W (I24)', () => {
    fc.assert(
      fc.property(rates, asks, (rate, gaps) => {
        expect(worstExcess(rate, grantsOf(rate, asAsks(gaps, rate.burst)))).toBeLessThanOrEqual(rate.burst)
      }),
      { numRuns: 500 },
    )
  })

  test('the full burst is there for single calls, whatever fraction of a millisecond one takes', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const calls = Array.from({ length: rate.burst }, () => ({ time: 0, cost: 1 }))
        expect(grantsOf(rate, calls)).toHaveLength(rate.burst)
      }),
    )
  })

  test('many small grants spend exactly what one large grant spends', () => {
    const rate = { limit: 7, windowMs: 1_000, burst: 7 }
    let state: RateState | undefined
    for (let i = 0; i < 7; i += 1) {
      const answer = gcra(state, start, rate, 1)
      if (answer.granted) state = { tat: answer.tat }
    }
    expect(gcra(undefined, start, rate, 7)).toEqual({ granted: true, ...state })
  })

  test('an instant from a clock that runs ahead holds nobody longer than the burst (D16)', () => {
    const skewed = { tat: at(86_400_000) }
    expect(gcra(skewed, start, perMinute, 1)).toEqual({ granted: false, waitMs: 1_000 })
    expect(gcra({ tat: epochMs(Infinity) }, start, perMinute, 5)).toEqual({ granted: false, waitMs: 5_000 })
  })

  test('a stored instant that is no number counts as never written', () => {
    expect(gcra({ tat: epochMs(Number.NaN) }, start, perMinute, 5).granted).toBe(true)
  })

  test('long idle time earns no more than the burst', () => {
    const state = { tat: at(-86_400_000) }
    expect(gcra(state, start, perMinute, 5)).toEqual({ granted: true, tat: at(5_000) })
  })
})

describe('what is wrong is said at once', () => {
  test.each<[string, Partial<Rate>]>([
    ['limit', { limit: 0 }],
    ['limit', { limit: -1 }],
    ['limit', { limit: Number.NaN }],
    ['limit', { limit: Infinity }],
    ['windowMs', { windowMs: 0 }],
    ['burst', { burst: 0 }],
    ['burst', { burst: 0.5 }],
  ])('%s: %o (B108)', (name, wrong) => {
    expect(() => gcra(undefined, start, { ...perMinute, ...wrong }, 1)).toThrow(
      expect.objectContaining({ name: 'RangeError', message: expect.stringContaining(name) }),
    )
  })

  test('a text in the place of a number is a TypeError', () => {
    const rate = { ...perMinute, limit: '10' as unknown as number }
    expect(() => gcra(undefined, start, rate, 1)).toThrow(TypeError)
  })

  test('a cost above the burst is refused instead of waited for', () => {
    expect(() => gcra(undefined, start, perMinute, 6)).toThrow('cost 6 is above the burst of 5')
  })
})

describe('several windows', () => {
  const windows = [
    { limit: 2, windowMs: 1_000, burst: 2 },
    { limit: 3, windowMs: 60_000, burst: 3 },
  ]

  test('grant together or not at all, after the longest wait', () => {
    const first = gcraAll([], start, windows, 2)
    expect(first).toEqual({ granted: true, tats: [at(1_000), at(40_000)] })
    const states = first.granted ? first.tats.map((tat) => ({ tat })) : []
    expect(gcraAll(states, start, windows, 2)).toEqual({ granted: false, waitMs: 20_000 })
  })

  test('each keeps its own bound', () => {
    fc.assert(
      fc.property(rates, rates, asks, (one, two, gaps) => {
        let states: RateState[] = []
        const granted = asAsks(gaps, Math.min(one.burst, two.burst)).filter(({ time, cost }) => {
          const answer = gcraAll(states, at(time), [one, two], cost)
          if (answer.granted) states = answer.tats.map((tat) => ({ tat }))
          return answer.granted
        })
        expect(worstExcess(one, granted)).toBeLessThanOrEqual(one.burst)
        expect(worstExcess(two, granted)).toBeLessThanOrEqual(two.burst)
      }),
    )
  })
})

describe('a lease', () => {
  test('given back can be spent again, and no more than that', () => {
    const leased = gcra(undefined, start, perMinute, 5)
    const state = leased.granted ? gcraGiveBack({ tat: leased.tat }, perMinute, 2) : { tat: start }
    expect(gcraRemaining(state, start, perMinute)).toBe(2)
    expect(gcra(state, start, perMinute, 2).granted).toBe(true)
    expect(gcra(state, start, perMinute, 3).granted).toBe(false)
  })

  test('what the provider says is left replaces the own count', () => {
    const state = gcraWithRemaining(start, perMinute, 1)
    expect(gcraRemaining(state, start, perMinute)).toBe(1)
    expect(gcraRemaining(gcraWithRemaining(start, perMinute, 1_000), start, perMinute)).toBe(5)
  })
})

test('a strict rate stays within its limit in every window, and uses nearly all of it', () => {
  const rate = strictRate({ limit: 500, windowMs: 60_000 }, 20)
  const tries = Array.from({ length: 30_000 }, (_, index) => ({ time: index * 10, cost: 1 }))
  const granted = grantsOf(rate, tries).map(({ time }) => time)
  for (const [index, time] of granted.entries()) {
    const inWindow = granted.slice(index).filter((other) => other < time + 60_000).length
    expect(inWindow).toBeLessThanOrEqual(500)
  }
  expect(granted.length).toBeGreaterThan(5 * 475)
  expect(() => strictRate({ limit: 5, windowMs: 1_000 }, 5)).toThrow(RangeError)
})

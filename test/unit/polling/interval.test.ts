import { describe, expect, test } from 'vitest'
import { firstClass, healthOf, nextClass, type IntervalFacts } from '#lib/polling/interval.ts'
import { intervalClasses, type IntervalClass, type Poll } from '#lib/polling/poll-state.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'

const minute = 60_000
const interval = { floorMs: minute, usualMs: 15 * minute, ceilingMs: 360 * minute }
const facts = (change: Partial<IntervalFacts>): IntervalFacts => ({
  interval,
  health: 'none',
  streak: 0,
  ...change,
})

describe('the class of the next turns', () => {
  test.each<[what: string, from: IntervalClass, change: Partial<IntervalFacts>, to: IntervalClass]>([
    ['webhooks bring all there is, and nothing is found', 15, { health: 'healthy', streak: -4 }, 60],
    ['webhooks bring all there is, and something is found', 15, { health: 'healthy', streak: 9 }, 15],
    ['a webhook was missed: as often as usual, at once', 360, { health: 'missing', streak: -9 }, 15],
    ['no webhooks, and news each time', 15, { streak: 4 }, 5],
    ['no webhooks, news each time, and one step faster already', 5, { streak: 40 }, 5],
    ['no webhooks, and a long silence', 15, { streak: -12 }, 60],
    ['no webhooks, and news after a silence', 360, { streak: 1 }, 15],
    ['no webhooks, and a short silence', 60, { streak: -3 }, 60],
    ['little is left of the rate limit', 15, { streak: 9, spare: 0.05 }, 60],
    ['the provider asks for more time', 5, { streak: 9, askedIntervalMs: 20 * minute }, 60],
    ['never above the ceiling', 360, { health: 'healthy', streak: -99 }, 360],
  ])('%s', (_, from, change, to) => {
    expect(nextClass(from, facts(change))).toBe(to)
  })

  test('stays between floor and ceiling whatever is said', () => {
    const random = seededRandom(7)
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random.fraction() * all.length)] as T
    for (let i = 0; i < 5_000; i += 1) {
      const floorMs = pick([0, 30_000, minute, 7 * minute, 60 * minute])
      const next = nextClass(pick(intervalClasses), {
        interval: {
          floorMs,
          usualMs: pick([minute, 15 * minute]),
          ceilingMs: pick([minute, 60 * minute, 9_999 * minute]),
        },
        health: pick(['none', 'missing', 'healthy'] as const),
        streak: Math.floor(random.fraction() * 200) - 100,
        ...(random.fraction() < 0.3 && { spare: random.fraction() }),
        ...(random.fraction() < 0.3 && { askedIntervalMs: random.fraction() * 2_000 * minute }),
      })
      expect(intervalClasses).toContain(next)
      expect(next * minute).toBeGreaterThanOrEqual(floorMs)
    }
  })

  test('begins as often as is usual, and never more than is allowed', () => {
    expect(firstClass(interval)).toBe(15)
    expect(firstClass({ floorMs: 20 * minute, usualMs: 15 * minute, ceilingMs: 30 * minute })).toBe(60)
    expect(firstClass({ floorMs: minute, usualMs: 40 * minute, ceilingMs: 10 * minute })).toBe(5)
  })
})

test('webhooks are missing for a day after one was missed', () => {
  const now = epochMs(1_780_000_000_000)
  const missed = (ago: number) => ({ missedAt: epochMs(now - ago) }) as Poll
  expect(healthOf({} as Poll, true, now)).toBe('healthy')
  expect(healthOf(missed(86_399_999), true, now)).toBe('missing')
  expect(healthOf(missed(86_400_000), true, now)).toBe('healthy')
  expect(healthOf(missed(1), false, now)).toBe('none')
})

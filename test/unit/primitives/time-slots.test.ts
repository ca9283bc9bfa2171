import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaseSlots, mostAtOnce, paceOf } from '#lib/primitives/time-slots.ts'
import { trueTime } from '#lib/primitives/true-time.ts'
import { epochMs, ms } from '#lib/primitives/clock.ts'
import { skewed, virtualClock } from '#test/fakes/virtual-clock.ts'

const windows = fc.record(
  {
    limit: fc.integer({ min: 1, max: 10_000 }),
    windowMs: fc.constantFrom(1_000, 10_000, 60_000, 3_600_000, 86_400_000),
    burst: fc.integer({ min: 1, max: 1_000 }),
  },
  { requiredKeys: ['limit', 'windowMs'] },
)

describe('a pace', () => {
  test('without a burst lets no more slots into a window and one validity than the limit', () => {
    fc.assert(
      fc.property(windows, ({ limit, windowMs }) => {
        const { stepMs, validMs } = paceOf({ limit, windowMs })
        expect(Math.ceil((windowMs + validMs) / stepMs)).toBeLessThanOrEqual(limit)
      }),
    )
  })

  test('with a burst keeps every window under rate x window + burst', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 0, max: 1_000 }), ({ limit, windowMs, burst = 1 }, steps) => {
        const { stepMs, validMs } = paceOf({ limit, windowMs, burst })
        // The worst windows are those in which one more slot just fits.
        const length = Math.max(0, steps * stepMs - validMs)
        const slots = Math.floor((length + validMs) / stepMs) + 1
        expect(slots).toBeLessThanOrEqual((limit * length) / windowMs + burst + 1e-6)
      }),
    )
  })

  test('uses 96 of 100 of a minute', () => {
    const { stepMs } = paceOf({ limit: 500, windowMs: 60_000 })
    expect(60_000 / stepMs / 500).toBeGreaterThan(0.96)
  })
})

describe('a lease', () => {
  const pace = paceOf({ limit: 500, windowMs: 60_000 })
  const ask = { tokens: 5, startMs: 1_000, reachMs: 4_000 }
  const at = (now: number, blur = 0) => ({ earliest: now, latest: now + blur })

  test('of an idle line is good at once, and leaves its slots behind', () => {
    const { tokens, next } = leaseSlots([pace], [0], at(1e12), ask)
    expect(tokens).toHaveLength(5)
    for (const { from, to } of tokens) {
      expect(from).toBeLessThanOrEqual(1e12)
      expect(to).toBeGreaterThan(1e12)
    }
    expect(next[0]).toBe((tokens[4]?.from ?? 0) + pace.stepMs)
  })

  test('begins in reach or not at all, and says when', () => {
    expect(leaseSlots([pace], [1e12 + 3_000], at(1e12), ask)).toEqual({
      tokens: [],
      next: [1e12 + 3_000],
      waitMs: 2_000,
    })
    const { tokens } = leaseSlots([pace], [1e12 + 900], at(1e12), { ...ask, tokens: 1_000 })
    expect(tokens.length).toBeGreaterThan(20)
    for (const { from } of tokens) expect(from).toBeLessThanOrEqual(1e12 + 4_000)
  })

  test('takes no slot twice and every token is good at some time, however little is known of the time', () => {
    fc.assert(
      fc.property(
        fc.array(windows, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 60_000 })), {
          minLength: 1,
          maxLength: 20,
        }),
        (chosen, moments) => {
          const paces = chosen.map(paceOf)
          let now = 1e12
          let next: readonly number[] = paces.map(() => 0)
          for (const [passed, blur] of moments) {
            now += passed
            const lease = leaseSlots(paces, next, at(now, blur), ask)
            lease.tokens.forEach(({ from, to }) => expect(to - from).toBeGreaterThanOrEqual(blur))
            lease.next.forEach((free, i) => {
              const step = (paces[i]?.stepMs ?? 0) * lease.tokens.length
              expect(free).toBeGreaterThanOrEqual((next[i] ?? 0) + step - 1e-3)
            })
            ;({ next } = lease)
          }
        },
      ),
    )
  })

  test('of several windows is as large as the tightest allows', () => {
    expect(mostAtOnce([paceOf({ limit: 100, windowMs: 1_000 }), pace])).toBe(20)
    expect(mostAtOnce([pace])).toBe(20)
  })
})

describe('the true time', () => {
  const told = (skewMs: number, rounds: number) => {
    const clock = virtualClock()
    const own = skewed(clock, ms(skewMs))
    const time = trueTime(own)
    return { clock, own, time, rounds }
  }

  test.each([-30_000, 0, 29_999, 86_400_000])(
    'lies within what is known of it, with a clock %i ms wrong',
    async (skew) => {
      const { clock, own, time } = told(skew, 40)
      const widths: number[] = []
      for (let i = 0; i < 40; i += 1) {
        const sentAt = own.now()
        await clock.advance((i * 7) % 20)
        const second = epochMs(Math.floor(clock.now() / 1_000) * 1_000)
        await clock.advance((i * 11) % 30)
        time.learn({ sentAt, receivedAt: own.now(), second })
        const { earliest, latest } = time.now()
        expect(earliest).toBeLessThanOrEqual(clock.now())
        expect(latest).toBeGreaterThanOrEqual(clock.now())
        widths.push(latest - earliest)
        await clock.advance(137)
      }
      expect(widths[0]).toBeLessThan(1_100)
      expect(widths.at(-1)).toBeLessThan(150)
    },
  )

  test('is anything within half a minute before the first answer', () => {
    const { own, time } = told(0, 0)
    expect(time.now()).toEqual({ earliest: own.now() - 30_000, latest: own.now() + 30_000 })
  })

  test('is learned anew when the own clock was set', async () => {
    const clock = virtualClock()
    let set = 0
    const time = trueTime({ ...clock, now: () => epochMs(clock.now() + set) })
    const learn = () => {
      const own = epochMs(clock.now() + set)
      time.learn({ sentAt: own, receivedAt: own, second: epochMs(Math.floor(clock.now() / 1_000) * 1_000) })
    }
    learn()
    set = 7_200_000
    learn()
    const { earliest, latest } = time.now()
    expect(earliest).toBeLessThanOrEqual(clock.now())
    expect(latest).toBeGreaterThanOrEqual(clock.now())
  })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ms } from '#lib/primitives/clock.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import type { Clock, EpochMs } from '#lib/primitives/clock.ts'

const windowMs = 10_000

/** A clock that is set by hand: these properties need no timers. */
function setClock() {
  let now = 1_780_000_000_000
  const clock: Clock = { ...virtualClock(), now: () => now as EpochMs }
  return { clock, pass: (by: number) => (now += by), now: () => now }
}

describe('a retry budget', () => {
  test('grants a share of the requests and a minimum, and again when the window has passed', () => {
    const { clock, pass } = setClock()
    const budget = retryBudget({ ratio: 0.1, minPerWindow: 2, windowMs, clock })
    for (let i = 0; i < 50; i += 1) budget.request('a')
    const granted = (): number => Array.from({ length: 20 }, () => budget.allows('a')).filter(Boolean).length
    expect(granted()).toBe(7)
    pass(windowMs * 1.1)
    expect(granted()).toBe(2)
  })

  test('of one host is not spent by another', () => {
    const { clock } = setClock()
    const budget = retryBudget({ ratio: 0, minPerWindow: 1, windowMs, clock })
    expect([budget.allows('a'), budget.allows('a'), budget.allows('b')]).toEqual([true, false, true])
  })

  const steps = fc.array(
    fc.record({ gap: fc.integer({ min: 0, max: 3_000 }), requests: fc.nat(8), retries: fc.nat(8) }),
    { maxLength: 60 },
  )
  const shares = fc.record({ ratio: fc.double({ min: 0, max: 2, noNaN: true }), minPerWindow: fc.nat(10) })

  test('holds at each retry, for the window that ends there: attempts <= (1 + ratio) x requests + minimum (I26)', () => {
    fc.assert(
      fc.property(shares, steps, ({ ratio, minPerWindow }, sequence) => {
        const { clock, pass, now } = setClock()
        const budget = retryBudget({ ratio, minPerWindow, windowMs, clock })
        const requests: number[] = []
        const retries: number[] = []
        const within = (instants: number[]): number => instants.filter((at) => at > now() - windowMs).length
        for (const step of sequence) {
          pass(step.gap)
          for (let i = 0; i < step.requests; i += 1) {
            budget.request('a')
            requests.push(now())
          }
          for (let i = 0; i < step.retries; i += 1) {
            if (!budget.allows('a')) continue
            retries.push(now())
            const attempts = within(requests) + within(retries)
            expect(attempts).toBeLessThanOrEqual((1 + ratio) * within(requests) + minPerWindow + 1e-9)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('in any window at all, retries are bounded by the requests of it and of the window before', () => {
    fc.assert(
      fc.property(
        shares,
        steps,
        fc.integer({ min: 0, max: 180_000 }),
        ({ ratio, minPerWindow }, sequence, offset) => {
          const { clock, pass, now } = setClock()
          const end = now() + offset
          const budget = retryBudget({ ratio, minPerWindow, windowMs, clock })
          let requests = 0
          let retries = 0
          for (const step of sequence) {
            pass(step.gap)
            const age = end - now()
            for (let i = 0; i < step.requests; i += 1) budget.request('a')
            if (age >= 0 && age < 2 * windowMs) requests += step.requests
            for (let i = 0; i < step.retries; i += 1)
              if (budget.allows('a') && age >= 0 && age < windowMs) retries += 1
          }
          expect(retries).toBeLessThanOrEqual(ratio * requests + minPerWindow + 1e-9)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a clock that jumps, back or forth, gives no more than a fresh start', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 20 }), (jumps) => {
        const { clock, pass } = setClock()
        const budget = retryBudget({ ratio: 0, minPerWindow: 3, windowMs, clock })
        for (const jump of jumps) {
          pass(jump)
          const granted = Array.from({ length: 10 }, () => budget.allows('a')).filter(Boolean).length
          expect(granted).toBeLessThanOrEqual(3)
        }
        pass(2 * windowMs)
        expect(budget.allows('a') || Math.max(0, ...jumps) > 0).toBe(true)
      }),
    )
  })

  test('a thousand hosts more do not grow it without end', () => {
    const { clock } = setClock()
    const budget = retryBudget({ ratio: 0, minPerWindow: 1, windowMs, clock })
    for (let i = 0; i < 3_000; i += 1) expect(budget.allows(`host-${i}`)).toBe(true)
    expect(budget.allows('host-2999')).toBe(false)
  })

  test.each([
    ['ratio', { ratio: -1 }],
    ['ratio', { ratio: Number.NaN }],
    ['minPerWindow', { minPerWindow: 0.5 }],
    ['windowMs', { windowMs: 0 }],
  ])('%s out of bounds is refused: %o (B102)', (name, wrong) => {
    const options = { ratio: 0.1, minPerWindow: 1, windowMs: ms(1), clock: virtualClock(), ...wrong }
    expect(() => retryBudget(options)).toThrow(name)
  })
})

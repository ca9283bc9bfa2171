import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullJitter } from '#lib/primitives/backoff.ts'
import { seededRandom } from '#lib/primitives/random.ts'

const always = (fraction: number) => ({ bytes: (n: number) => new Uint8Array(n), fraction: () => fraction })
const policy = { baseMs: 100, capMs: 1_000 }

test('the upper bound doubles with each attempt and stops at the cap', () => {
  const bounds = [1, 2, 3, 4, 5, 6].map((attempt) => fullJitter(policy, attempt, always(0.999_999)))
  expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('the lower bound is zero', () => expect(fullJitter(policy, 5, always(0))).toBe(0))

test('no attempt number, however large, waits beyond the cap or not at all a number', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 1e9 }), fc.integer(), (attempt, seed) => {
      const wait = fullJitter(policy, attempt, seededRandom(seed))
      expect(wait).toBeGreaterThanOrEqual(0)
      expect(wait).toBeLessThanOrEqual(policy.capMs)
    }),
  )
})

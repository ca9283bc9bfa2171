import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { seededRandom, token128 } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { unreachable } from '#lib/primitives/unreachable.ts'

describe('a secret', () => {
  const secret = new Secret('canary-5f1d')

  test.each([
    ['a template', () => String(secret)],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspection', () => inspect({ secret }, { depth: 5, showHidden: true })],
    ['its own keys', () => JSON.stringify(Object.entries(secret))],
  ])('does not show in %s', (_where, print) => expect(print()).not.toContain('canary'))

  test('is revealed only by name', () => expect(secret.reveal()).toBe('canary-5f1d'))
})

describe('seeded chance', () => {
  test('repeats itself for the same seed and differs for another', () => {
    const [a, b, c] = [7, 7, 8].map((seed) => token128(seededRandom(seed)))
    expect(a).toBe(b)
    expect(a).not.toBe(c)
  })
})

describe('mapBounded', () => {
  test('never runs more than its limit at once and keeps the order of results', async () => {
    let running = 0
    let most = 0
    const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      return item * 2
    })
    expect(results).toEqual([10, 2, 8, 4, 6])
    expect(most).toBe(2)
  })
})

test('a case that types rule out is loud at run time', () => {
  expect(() => unreachable('surprise' as never)).toThrow(TypeError)
})

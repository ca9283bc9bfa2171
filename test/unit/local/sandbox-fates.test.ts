import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fatesOf, noFaults } from '#infra/local/sandbox/fates.ts'

const row = (count: number, first = 0) => ({ first, count })
const figures = (fates: readonly { readonly times: number }[]) => fates.map(({ times }) => times).join('')

test('so many are dropped as was ordered, spread over the row', () => {
  expect(figures(fatesOf(row(8), { drop: 2 }, noFaults).fates)).toBe('11101110')
  expect(figures(fatesOf(row(4), { drop: 4 }, noFaults).fates)).toBe('0000')
})

test('orders hold in place of the standing faults, and use up none of them', () => {
  const faults = { ...noFaults, dropNext: 2, dropShare: 0.5 }
  const { fates, dropNext } = fatesOf(row(4), { drop: 0 }, faults)
  expect([figures(fates), dropNext]).toEqual(['1111', 2])
})

test('the next are dropped until there are no more to drop', () => {
  const first = fatesOf(row(2), {}, { ...noFaults, dropNext: 3 })
  const second = fatesOf(row(2, 2), {}, { ...noFaults, dropNext: first.dropNext })
  expect(figures([...first.fates, ...second.fates])).toBe('0001')
  expect(second.dropNext).toBe(0)
})

test('a share goes on over rows of one', () => {
  const fates = Array.from({ length: 10 }, (_, at) =>
    fatesOf(row(1, at), {}, { ...noFaults, dropShare: 0.2 }),
  )
  expect(figures(fates.flatMap((each) => each.fates))).toBe('1111011110')
})

test('whatever is ordered, exactly so many are dropped and doubled, and only what is sent is delayed', () => {
  const sizes = fc
    .tuple(fc.nat(300), fc.nat(300), fc.nat(300))
    .map(([drop, double, rest]) => ({ drop, double, count: drop + double + rest }))
    .filter(({ count }) => count > 0)
  fc.assert(
    fc.property(sizes, fc.nat(1_000), ({ drop, double, count }, first) => {
      const { fates } = fatesOf(row(count, first), { drop, double, delaySeconds: 7 }, noFaults)
      expect(fates).toHaveLength(count)
      expect(fates.filter(({ times }) => times === 0)).toHaveLength(drop)
      expect(fates.filter(({ times }) => times === 2)).toHaveLength(double)
      expect(fates.every(({ times, delaySeconds }) => delaySeconds === (times > 0 ? 7 : 0))).toBe(true)
    }),
  )
})

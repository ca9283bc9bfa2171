import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalOf, unitsOf, writtenDecimal } from '#lib/primitives/decimal.ts'

describe('a decimal', () => {
  test('is counted in its smallest unit, exactly', () => {
    expect(unitsOf('10.5', 2)).toBe(1_050n)
    expect(unitsOf('-0.01', 2)).toBe(-1n)
    expect(unitsOf('1.000', 2)).toBe(100n)
    expect(unitsOf('1.000000000000000001', 18)).toBe(1_000_000_000_000_000_001n)
    expect(decimalOf(-1n, 2)).toBe('-0.01')
    expect(decimalOf(7n, 0)).toBe('7')
  })

  test('survives both ways at every scale', () => {
    const units = fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n })
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 30 }), (value, digits) => {
        expect(unitsOf(decimalOf(value, digits), digits)).toBe(value)
      }),
    )
  })

  test('is compared as its units are', () => {
    const cents = fc.integer({ min: 0, max: 10_000_000 })
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const sum = unitsOf(decimalOf(BigInt(a), 2), 2) + unitsOf(decimalOf(BigInt(b), 2), 2)
        expect(sum).toBe(BigInt(a + b))
      }),
    )
  })

  test.each(['', '-', '.5', '5.', '1e3', '1,000', ' 1', '+1', '0x1', 'NaN', '1.005', '١'])(
    '%j is no amount of cents',
    (text) => {
      expect(() => unitsOf(text, 2)).toThrow(RangeError)
    },
  )

  test.each([-1, 0.5, Number.NaN, 79])('has no scale of %d', (digits) => {
    expect(() => unitsOf('1', digits)).toThrow(RangeError)
    expect(() => decimalOf(1n, digits)).toThrow(RangeError)
  })
})

describe('a JSON number', () => {
  test('is the decimal that was written, up to 15 digits', () => {
    const written = fc
      .tuple(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), fc.integer({ min: 0, max: 4 }))
      .map(([units, digits]) => decimalOf(units, digits))
    fc.assert(
      fc.property(written, (text) => {
        const read = writtenDecimal(JSON.parse(text) as number)
        expect(read === undefined ? undefined : unitsOf(read, 4)).toBe(unitsOf(text, 4))
      }),
    )
  })

  test.each([1e21, 1e-7, 0.1 + 0.2, 1_234_567_890.123_456_7, Number.NaN, Infinity])('%d is none', (value) => {
    expect(writtenDecimal(value)).toBeUndefined()
  })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { httpDate, retryAfterMs } from '#lib/primitives/retry-after.ts'

/** Sun, 06 Nov 1994 08:49:37 GMT: the instant that RFC 9110 writes in all three forms. */
const instant = epochMs(784_111_777_000)
const now = epochMs(instant - 60_000)
const longest = 2 ** 31 - 2

describe('Retry-After (B111)', () => {
  test.each<[string | null, number | undefined]>([
    ['120', 120_000],
    ['0', 0],
    ['007', 7_000],
    [' 120\t', 120_000],
    ['1e9', undefined],
    ['9999999999', longest],
    ['9'.repeat(400), longest],
    ['-5', undefined],
    ['+5', undefined],
    ['1.5', undefined],
    ['', undefined],
    [' ', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['0x10', undefined],
    ['１２０', undefined],
    ['120, 60', undefined],
    ['120s', undefined],
    [null, undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 60_000],
    ['Sun Nov  6 08:49:37 1994', 60_000],
    ['Sun, 06 Nov 1994 08:47:37 GMT', 0],
    ['Wed, 21 Oct 2099 07:28:00 GMT', longest],
    ['Wed, 21 Oct 2099', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0000', undefined],
    ['sun, 06 nov 1994 08:49:37 gmt', undefined],
    ['Mon, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['Thu, 31 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun,  06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT GMT', undefined],
  ])('%j is %j', (header, expected) => expect(retryAfterMs(header, now)).toBe(expected))

  const nearly = fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789-+.eE ,:GMTSunNov')), maxLength: 40 }),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: false }).map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2500-01-01') })
      .map((date) => date.toUTCString()),
  )

  test('is never NaN, never negative, never as long as 2^31 ms: 100,000 texts', () => {
    fc.assert(
      fc.property(nearly, fc.integer({ min: 0, max: 4e12 }), (header, at) => {
        const wait = retryAfterMs(header, epochMs(at))
        if (wait !== undefined && !(wait >= 0 && wait < 2 ** 31 - 1 && Number.isFinite(wait)))
          throw new Error(`${header} waits ${wait}`)
      }),
      { numRuns: 100_000 },
    )
  })

  test('every second from 1970 to 9999 is read back from its date', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
        expect(httpDate(new Date(second * 1_000).toUTCString(), now)).toBe(second * 1_000)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('an HTTP date', () => {
  test.each([
    ['Sunday, 06-Nov-94 08:49:37 GMT', '2026-01-01', '1994'],
    ['Sunday, 06-Nov-40 08:49:37 GMT', '2026-01-01', '2040'],
    ['Sunday, 01-Jan-76 00:00:00 GMT', '2026-01-01', '2076'],
    ['Sunday, 01-Jan-77 00:00:00 GMT', '2026-01-01', '1977'],
  ])('%s, read in %s, is of the year %s: more than 50 years ahead is past', (text, today, year) => {
    const read = httpDate(text, epochMs(Date.parse(today)))
    expect(new Date(read ?? Number.NaN).getUTCFullYear()).toBe(Number(year))
  })

  test('a leap second is the second after', () => {
    expect(httpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1))
  })

  test('29 February is a date in leap years alone', () => {
    expect(httpDate('Tuesday, 29-Feb-00 00:00:00 GMT', epochMs(Date.UTC(2026, 0)))).toBe(
      Date.UTC(2000, 1, 29),
    )
    expect(httpDate('Tuesday, 29-Feb-01 00:00:00 GMT', epochMs(Date.UTC(2026, 0)))).toBeUndefined()
  })

  test('a year below 100 is not of the twentieth century', () => {
    expect(httpDate('Tue Nov  6 08:49:37 0094', now)).not.toBe(instant)
  })
})

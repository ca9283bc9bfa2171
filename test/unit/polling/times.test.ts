import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isNewer } from '#lib/polling/version-gate.ts'
import { grainOf, timeOf, watermarkOf, written } from '#lib/polling/times.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import type { PollTime, TimeFormat } from '#lib/providers/poll-list.ts'

const at = (iso: string) => Date.parse(iso)

describe('B123: a time of a provider', () => {
  test.each([
    ['iso', '2026-11-21T08:00:00Z', at('2026-11-21T08:00:00Z')],
    ['iso', '2026-11-21T08:00:00.123456789Z', at('2026-11-21T08:00:00.123Z')],
    ['iso', '2026-11-21T08:00:00.999999999Z', at('2026-11-21T08:00:00.999Z')],
    ['iso', '2026-11-21 08:00:00', at('2026-11-21T08:00:00Z')],
    ['iso', '2026-11-21T08:00:00', at('2026-11-21T08:00:00Z')],
    ['iso', '2026-11-21', at('2026-11-21T00:00:00Z')],
    ['iso', '2026-11-21T08:00:00-0700', at('2026-11-21T15:00:00Z')],
    ['iso', '2026-11-21T08:00:00+05:30', at('2026-11-21T02:30:00Z')],
    ['iso', '2026-12-31T23:59:60Z', at('2026-12-31T23:59:59Z')],
    ['s', '1700000000.000200', 1_700_000_000_000],
    ['s', '1700000000.999999', 1_700_000_000_999],
    ['s', '1700000000', 1_700_000_000_000],
    ['ms', '1700000000123.9', 1_700_000_000_123],
    ['rfc2822', 'Mon, 16 Aug 2010 03:45:01 +0000', at('2010-08-16T03:45:01Z')],
    ['rfc2822', 'Sat, 21 Nov 2026 08:00:00 GMT', at('2026-11-21T08:00:00Z')],
    ['day', '20261121', at('2026-11-21T00:00:00Z')],
  ] as const)('%s %s is cut to the millisecond, never rounded up', (unit, text, expected) => {
    expect(timeOf(text, unit)).toBe(expected)
  })

  test.each([
    ['iso', '0000-00-00'],
    ['iso', '0000-00-00 00:00:00'],
    ['iso', '2026-02-31T00:00:00Z'],
    ['iso', '2026-11-21T25:00:00Z'],
    ['iso', '2026-11-21T08:61:00Z'],
    ['iso', '11/21/2026 8:00 PM'],
    ['iso', '2026-11-21 08:00 PM'],
    ['iso', 'yesterday'],
    ['iso', ''],
    ['s', '2026-11-21T08:00:00Z'],
    ['s', '-5'],
    ['s', '1e9'],
    ['s', '999999999999999'],
    ['rfc2822', 'Mon, 36 Aug 2010 03:45:01 +0000'],
    ['rfc2822', 'Mon, 16 Foo 2010 03:45:01 +0000'],
    ['day', '20260231'],
    ['iso', `2026-11-21T08:00:00.${'9'.repeat(60)}Z`],
  ] as const)('%s %j is none', (unit, text) => {
    expect(timeOf(text, unit)).toBeUndefined()
  })

  test('is never read as later than its digits say', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.stringMatching(/^\d{1,12}$/), (whole, fraction) => {
        const read = timeOf(`${whole}.${fraction}`, 's') ?? -1
        const exact = BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'))
        expect(BigInt(read) * 10n ** 9n <= exact && exact < BigInt(read + 1) * 10n ** 9n).toBe(true)
      }),
    )
  })

  const formats: readonly (readonly [TimeFormat, PollTime['unit']])[] = [
    ['iso', 'iso'],
    ['iso-s', 'iso'],
    ['local', 'iso'],
    ['date', 'iso'],
    ['s', 's'],
    ['ms', 'ms'],
    ['slack', 's'],
  ]
  test.each(formats)('written as %s is never later than it is, by less than its grain', (format, unit) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (value) => {
        const back = timeOf(written(epochMs(value), format), unit) ?? NaN
        expect(back <= value && value - back < grainOf(format)).toBe(true)
      }),
    )
  })

  test('a watermark is read in whichever way it was written', () => {
    const seconds = [{ pointer: '/ts', unit: 's' }] as const
    expect(watermarkOf('1795248000.000200', seconds)).toBe(1_795_248_000_000)
    expect(watermarkOf('2026-11-21T08:00:00.000Z', seconds)).toBe(1_795_248_000_000)
    expect(watermarkOf('Sat, 21 Nov 2026 08:00:00 GMT', [])).toBe(1_795_248_000_000)
    expect(() => watermarkOf('soon', seconds)).toThrow(expect.objectContaining({ code: 'MISCONFIGURED' }))
  })
})

describe('of two versions of a thing', () => {
  test.each([
    ['10', '9', true],
    ['9', '10', false],
    ['007', '7', false],
    ['9007199254740993', '9007199254740992', true],
    ['1700000000.000200', '1700000000.000100', true],
    ['1700000000.1', '1700000000.099', true],
    ['2026-11-21T08:00:00Z', '2026-11-21T07:59:59Z', true],
    ['2026-11-21T08:00:00+01:00', '2026-11-21T07:30:00Z', false],
    ['2026-11-21T08:00:00.000000002Z', '2026-11-21T08:00:00.000000001Z', true],
    ['2026-11-21T08:00:00.1Z', '2026-11-21T08:00:00.100Z', false],
    ['2026-11-21T08:00:00', '2026-11-21T07:00:00', true],
    ['"a"', '"a"', false],
  ])('is %s newer than %s: %s', (a, b, expected) => {
    expect(isNewer(a, b)).toBe(expected)
  })

  test.each([
    ['"etag-1"', '"etag-2"'],
    ['2026-11-21T08:00:00', '2026-11-21T07:00:00Z'],
    ['12', '2026-11-21T08:00:00Z'],
  ])('%s and %s are not to be compared', (a, b) => {
    expect(isNewer(a, b)).toBeUndefined()
  })
})

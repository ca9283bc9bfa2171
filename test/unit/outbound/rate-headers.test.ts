import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { observe, type RateObservation } from '#lib/outbound/rate-headers.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { now, nowSeconds } from './given-answer.ts'

const seen = (provider: string, headers: Record<string, string>, status?: number): RateObservation =>
  observe(findProvider(provider)?.api, new Headers(headers), now, status)

describe('standard fields', () => {
  test.each<[string, Record<string, string>, RateObservation]>([
    [
      'RateLimit and its policy',
      { 'ratelimit-policy': '"default";q=100;w=60', ratelimit: '"default";r=50;t=30' },
      { limit: 100, remaining: 50, resetAt: epochMs(now + 30_000) },
    ],
    [
      'the tightest of several policies',
      {
        'ratelimit-policy': '"hour";q=1000;w=3600, "day";q=5000;w=86400;pk=:cHJvamVjdA==:',
        ratelimit: '"hour";r=900;t=100, "day";r=10;t=40000',
      },
      { limit: 5_000, remaining: 10, resetAt: epochMs(now + 40_000_000) },
    ],
    [
      'RateLimit without a policy',
      { ratelimit: '"a";r=0;t=7' },
      { remaining: 0, resetAt: epochMs(now + 7_000) },
    ],
    [
      'the draft of 2023',
      { ratelimit: 'limit=100, remaining=20, reset=5' },
      { limit: 100, remaining: 20, resetAt: epochMs(now + 5_000) },
    ],
    [
      'three fields, seconds from now',
      { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '3', 'ratelimit-reset': '9' },
      { limit: 100, remaining: 3, resetAt: epochMs(now + 9_000) },
    ],
    [
      'X-RateLimit, seconds since 1970',
      {
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '59',
        'x-ratelimit-reset': String(nowSeconds + 9),
      },
      { limit: 60, remaining: 59, resetAt: epochMs(now + 9_000) },
    ],
    [
      'X-RateLimit, milliseconds since 1970',
      { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59', 'x-ratelimit-reset': String(now + 9_000) },
      { limit: 60, remaining: 59, resetAt: epochMs(now + 9_000) },
    ],
    ['Retry-After alone', { 'retry-after': '5' }, { blockedUntil: epochMs(now + 5_000) }],
    ['nothing', {}, {}],
  ])('%s', (_, headers, expected) => {
    expect(seen('unknown', headers)).toEqual(expected)
  })

  test('a provider that has fields of its own is read by the standard where it sends that', () => {
    expect(seen('github', { ratelimit: '"a";r=1;t=2' })).toEqual({
      remaining: 1,
      resetAt: epochMs(now + 2_000),
    })
  })

  test('Retry-After of a 202 or a redirect is no limit', () => {
    for (const status of [200, 202, 301]) expect(seen('unknown', { 'retry-after': '5' }, status)).toEqual({})
    for (const status of [403, 429, 503])
      expect(seen('unknown', { 'retry-after': '5' }, status)).toEqual({ blockedUntil: now + 5_000 })
  })
})

describe('B112: every provider by its unit', () => {
  test('GitHub: seconds since 1970, and which limit it is', () => {
    const headers = {
      'x-ratelimit-limit': '30',
      'x-ratelimit-remaining': '29',
      'x-ratelimit-reset': String(nowSeconds + 60),
      'x-ratelimit-resource': 'search',
    }
    expect(seen('github', headers)).toEqual({
      limit: 30,
      remaining: 29,
      resetAt: now + 60_000,
      resource: 'search',
    })
  })

  test.each(['auth0', 'sendgrid'])('%s: seconds since 1970', (provider) => {
    const headers = {
      'x-ratelimit-limit': '500',
      'x-ratelimit-remaining': '499',
      'x-ratelimit-reset': String(nowSeconds + 1),
    }
    expect(seen(provider, headers)).toEqual({ limit: 500, remaining: 499, resetAt: now + 1_000 })
  })

  test('LeafLink: seconds from now, the tighter of two windows', () => {
    const headers = {
      'ratelimit-limit': '8',
      'ratelimit-remaining': '7',
      'ratelimit-reset': '1',
      'x-ratelimit-limit-minute': '300',
      'x-ratelimit-remaining-minute': '2',
    }
    expect(seen('leaflink', headers)).toEqual({ limit: 300, remaining: 2 })
  })

  test('a provider that declares a unit is not read in another', () => {
    const headers = { 'x-ratelimit-limit': '9', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '60' }
    expect(seen('github', headers)).toEqual({})
  })
})

describe('B112: nonsense is not there', () => {
  const reset = (value: string): RateObservation =>
    seen('github', { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': value })

  test('a window that ended a moment ago, by another clock, ends now', () => {
    expect(reset(String(nowSeconds - 30)).resetAt).toBe(now)
  })

  test.each(['1', '-1', String(nowSeconds - 3_600), String(nowSeconds + 90 * 86_400), '9'.repeat(40)])(
    'a reset of %s, and what it was said of',
    (value) => {
      expect(reset(value).resetAt).toBeUndefined()
    },
  )

  test.each(['-1', 'many', 'NaN', 'Infinity', '1e3', '0x10', '9'.repeat(30), ''])(
    'a remaining of %j',
    (remaining) => {
      const headers = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': remaining }
      expect(seen('github', headers)).toEqual({ limit: 5_000 })
    },
  )
})

const text = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.integer({ min: 0, max: 100_000 }).map(String),
  fc.integer({ min: -100_000, max: 100_000 }).map((off) => String(nowSeconds + off)),
  fc.integer({ min: -100_000, max: 100_000 }).map((off) => String(now + off)),
  fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
  fc.constantFrom('', ' ', 'NaN', '1e400', '-0', '0x7f', '½', '2147483648', '1, 2', '5;w=60', '\t7\t'),
  fc
    .array(fc.constantFrom('"a"', ';', 'r=', 't=', 'q=', 'w=60', '5', ',', '-1', ' ', '9'.repeat(20)))
    .map((parts) => parts.join('')),
  fc.string({ unit: fc.constantFrom(...' !"#$%&()*+,-./0123456789:;<=>?@AZaz[]^_`{|}~'.split('')) }),
)
const names = ['ratelimit', 'x-ratelimit'].flatMap((prefix) =>
  ['', '-policy', '-limit', '-remaining', '-reset', '-resource'].map((end) => `${prefix}${end}`),
)

test('B112: 100,000 answers: counts are whole and not negative, times neither past nor absurd', () => {
  const month = 32 * 86_400_000
  fc.assert(
    fc.property(
      fc.constantFrom('github', 'auth0', 'sendgrid', 'leaflink', 'stripe', 'unknown'),
      fc.dictionary(fc.constantFrom(...names, 'retry-after'), text, { maxKeys: 6 }),
      (provider, headers) => {
        const { limit, remaining, resetAt, blockedUntil, resource } = seen(provider, headers)
        for (const value of [limit, remaining]) {
          if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0 && value <= 1e9))
            return false
        }
        for (const at of [resetAt, blockedUntil]) {
          if (at !== undefined && !(Number.isSafeInteger(at) && at >= now && at <= now + month)) return false
        }
        return resource === undefined || /^\w{1,64}$/.test(resource)
      },
    ),
    { numRuns: 100_000 },
  )
})

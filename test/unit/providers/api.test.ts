import { describe, expect, test } from 'vitest'
import type { ApiDeclaration, BodyTest, Place } from '#lib/providers/api.ts'
import { providers } from '#lib/providers/catalog.ts'

const declared = providers.flatMap(({ id, api }) => (api ? [{ id, api }] : []))

test('every provider of the seeds has an API', () => {
  const ids = declared.map(({ id }) => id)
  expect(ids.join(' ')).toBe(
    'auth0 distru etherscan firebase github gmail google-analytics google-calendar google-drive leaflink mixpanel ' +
      'mycarrierpackets paypal quickbooks r2 s3 sandbox sendgrid ses slack stripe twilio',
  )
})

const places = ({ errors, requestId }: ApiDeclaration): readonly Place[] =>
  [errors?.code, errors?.message, requestId].flatMap((list) => list ?? [])
const tests = ({ errors }: ApiDeclaration): readonly BodyTest[] =>
  (errors?.inside ?? []).flatMap((each) => (each.unless ? [each, each.unless] : [each]))

describe.each(declared)('$id', ({ api }) => {
  test('is pure data: it survives a JSON round trip', () => {
    expect(JSON.parse(JSON.stringify(api))).toStrictEqual(api)
  })

  test('says when it was checked', () => {
    expect(api.checkedOn).toMatch(/^20\d\d-\d\d-\d\d$/)
  })

  test('is called at https addresses that end without a slash', () => {
    for (const base of [api.baseUrl, ...Object.values(api.otherBaseUrls ?? {})])
      expect(base).toMatch(/^https:\/\/[^?#@\s]*[^/]$/)
  })

  test('spells headers in lower case', () => {
    const names = [
      ...Object.keys(api.headers ?? {}),
      ...places(api).flatMap((place) => ('header' in place ? [place.header] : [])),
      ...(api.errors?.rules ?? []).flatMap(({ header }) => (header ? [header.name] : [])),
      ...(api.rateHeaders ?? []).flatMap(({ remaining, reset }) => [
        remaining,
        ...(reset ? [reset.header] : []),
      ]),
    ]
    for (const name of names) expect(name).toBe(name.toLowerCase())
  })

  test('sends no credential among its headers and parameters', () => {
    const names = [...Object.keys(api.headers ?? {}), ...Object.keys(api.query ?? {})]
    for (const name of names) expect(name).not.toMatch(/authorization|cookie|key|token|secret/)
  })

  test('writes every pointer by RFC 6901, every pattern so that it compiles', () => {
    const pointers = [
      ...places(api).flatMap((place) => ('pointer' in place ? [place.pointer] : [])),
      ...tests(api).flatMap(({ pointer }) => (pointer === undefined ? [] : [pointer])),
    ]
    for (const pointer of pointers) expect(pointer).toMatch(/^(?:\/(?:[^~/]|~[01])+)+$/)
    const patterns = [
      ...places(api).flatMap((place) => ('pattern' in place ? [place.pattern] : [])),
      ...tests(api).flatMap(({ pattern }) => pattern ?? []),
      ...(api.errors?.rules ?? []).flatMap(({ message }) => message ?? []),
      ...(api.limits ?? []).flatMap(({ path }) => path ?? []),
    ]
    for (const pattern of patterns) expect(() => new RegExp(pattern, 'i')).not.toThrow()
  })

  test('has limits that can be kept', () => {
    for (const { limit, windowMs, burst = 1, cost = 1 } of api.limits ?? []) {
      for (const value of [limit, windowMs, burst, cost]) expect(value).toBeGreaterThanOrEqual(1)
      expect(Number.isSafeInteger(windowMs)).toBe(true)
      expect(cost).toBeLessThanOrEqual(limit)
    }
  })

  test('every rule says when it holds', () => {
    for (const { means: _, waitMs: __, ...when } of api.errors?.rules ?? []) expect(when).not.toEqual({})
  })
})

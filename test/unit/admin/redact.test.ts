import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hidden, mask, redact } from '#lib/admin/redact.ts'

const shown = (document: unknown, pointers?: readonly string[]) => redact(document, pointers).value

describe('what a provider declares', () => {
  test('is hidden wherever its pointer leads, whole', () => {
    const document = { data: { object: { billing_details: { city: 'Paris' }, amount: 5 } } }

    expect(shown(document, ['/data/object/billing_details'])).toEqual({
      data: { object: { billing_details: hidden, amount: 5 } },
    })
  })

  test('is hidden in every item where the pointer has a star', () => {
    const commits = [{ author: { nick: 'a' } }, { author: { nick: 'b' } }]

    expect(shown({ commits }, ['/commits/*/author/nick'])).toEqual({
      commits: [{ author: { nick: hidden } }, { author: { nick: hidden } }],
    })
  })

  test('may have slashes and tildes in its names', () =>
    expect(shown({ 'a/b': { 'c~d': 1 } }, ['/a~1b/c~0d'])).toEqual({ 'a/b': { 'c~d': hidden } }))
})

describe('names that tell', () => {
  test.each([
    'password',
    'user_password',
    'client_secret',
    'clientSecret',
    'access_token',
    'refreshToken',
    'api_key',
    'X-Api-Key',
    'Authorization',
    'Set-Cookie',
    'private_key',
    'email',
    'customer_email',
    'phone_number',
    'ssn',
    'card_number',
    'cvc',
    'iban',
    'account_number',
    'date_of_birth',
    'first_name',
    'lastName',
    'ip_address',
    'postal_code',
    'line1',
  ])('%s hides its value', (name) => {
    expect(shown({ [name]: 'canary' })).toEqual({ [name]: hidden })
    expect(shown({ deep: [{ [name]: { inner: 'canary' } }] })).toEqual({ deep: [{ [name]: hidden }] })
  })

  test.each(['id', 'type', 'amount', 'currency', 'status', 'token_count', 'name', 'description', 'keyboard'])(
    '%s shows its value',
    (name) => expect(shown({ [name]: 'value' })).toEqual({ [name]: 'value' }),
  )

  test('a switch under a telling name stays visible: it says that, not what', () =>
    expect(shown({ has_password: true, email: null })).toEqual({ has_password: true, email: null }))
})

describe('text that tells', () => {
  test.each([
    ['ada@example.com wrote', `${hidden} wrote`],
    ['pay with 4242 4242 4242 4242', `pay with ${hidden}`],
    ['123-45-6789', hidden],
    ['postgres://user:canary@db.example/x', `${hidden}db.example/x`],
    ['Bearer abcdefghijkl', hidden],
  ])('%s', (text, expected) => expect(mask(text)).toBe(expected))

  test.each([
    ['a JSON Web Token', ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxIn0', 'c2lnbmF0dXJl'].join('.')],
    ['a Stripe key', ['sk', 'live', 'canarycanarycanary'].join('_')],
    ['a signing secret', ['whsec', 'canarycanarycanary'].join('_')],
    ['a Slack token', ['xoxb', '1234567890', 'canarycanary'].join('-')],
    ['a GitHub token', ['ghp', 'canarycanarycanarycanary'].join('_')],
    ['a private key', ['-----BEGIN RSA PRIVATE KEY-----', 'canary', '-----END'].join('\n')],
  ])('%s is hidden under any name', (_, text) => expect(shown({ note: text })).toEqual({ note: hidden }))

  test('a card number is hidden as a number too, and other long numbers are not', () =>
    expect(shown({ a: 4_242_424_242_424_242, b: 1_780_000_000_000, c: 4_242_424_242_424_241 })).toEqual({
      a: hidden,
      b: 1_780_000_000_000,
      c: 4_242_424_242_424_241,
    }))

  test('JSON inside text is hidden by its own names', () =>
    expect(shown({ payload: JSON.stringify({ password: 'canary', ok: 1 }) })).toEqual({
      payload: JSON.stringify({ password: hidden, ok: 1 }),
    }))

  test('a name that is an address is hidden as well', () =>
    expect(shown({ 'ada@example.com': 1 })).toEqual({ [hidden]: 1 }))
})

describe('size', () => {
  test('is bounded for a document of any depth, width and length', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 3_000; level += 1) deep = [deep]
    const wide = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`k${index}`, 'v'.repeat(50)]),
    )

    for (const document of [deep, wide, Array.from({ length: 50_000 }, () => 0), 'x'.repeat(5_000_000)]) {
      const { value, truncated } = redact(document)
      expect(JSON.stringify(value).length).toBeLessThan(1_000_000)
      expect(truncated).toBe(true)
    }
  })

  test('a secret that the cut would go through is not shown in half', () => {
    const token = ['sk', 'live', 'c'.repeat(80)].join('_')
    for (const before of [1_950, 3_900, 3_960, 3_990])
      expect(mask(`${'ada@example.com '.repeat(300).slice(0, before)} ${token}`)).not.toContain('ccc')
  })
})

test('names of prototypes are names like any other', () => {
  const document: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":"x"}')

  expect(JSON.stringify(shown(document))).toBe('{"__proto__":{"polluted":1},"constructor":"x"}')
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
})

test('no document throws, and no canary under a telling name comes through', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('password', 'email', 'api_key'), (json, name) => {
      const document: unknown = { wrapped: [JSON.parse(json), { [name]: 'canary-value' }] }
      expect(JSON.stringify(redact(document).value)).not.toContain('canary-value')
    }),
    { numRuns: 300 },
  )
})

import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { scrub } from '#lib/errors/scrub.ts'
import { ms } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'

const given = (detail: string, secrets: readonly Secret[] = []): ApiError =>
  new ApiError({ provider: 'acme', status: 400, kind: 'invalid', code: 'bad_thing', detail, secrets })

test('says the provider, the status, its code and words, what to do, and the id for its support', () => {
  const error = new ApiError({
    provider: 'acme',
    status: 429,
    kind: 'throttled',
    code: 'slow_down',
    detail: 'Too many calls.',
    requestId: 'req_1',
    retryAfterMs: ms(1_500),
  })
  expect(error.message).toBe(
    'acme answered 429 slow_down: "Too many calls."; wait, then send it again, 2 s by its word (request req_1)',
  )
  expect(error).toMatchObject({
    severity: 'warning',
    consequence: 'retry',
    breaker: 'ignored',
    action: 'wait',
  })
})

test('keeps the cause', () => {
  const cause = new Error('below')
  expect(new ApiError({ provider: 'acme', status: 500, kind: 'unavailable' }, { cause }).cause).toBe(cause)
})

test('cuts the provider’s words at 200 characters', () => {
  const said = /: "(.*)";/.exec(given('word '.repeat(1_000)).message)?.[1] ?? ''
  expect(said).toHaveLength(200)
  expect(said.endsWith('…')).toBe(true)
})

describe('B125: nothing private is in the message', () => {
  test.each([
    ['an e-mail address', 'No user ada.lovelace+x@example.co.uk here', /lovelace|example/],
    ['a card', 'Card 4242 4242 4242 4242 was declined', /4242/],
    ['a card in one', 'Card 4242424242424242 was declined', /4242/],
    ['a social security number', 'SSN 078-05-1120 is taken', /1120/],
    ['a phone number', "The number '+1 (415) 555-2671' is no mobile", /555/],
    ['a bearer token', 'Authorization: Bearer abcdefgh.ijkl', /ijkl/],
    ['Basic credentials', 'sent Basic dXNlcjpwYXNz', /dXNl/],
    ['a Stripe key', 'Invalid API Key provided: sk_live_abc123XYZ', /abc123/],
    ['a Slack token', 'token xoxb-1-2-abcdef is bad', /abcdef/],
    ['a GitHub token', 'Bad credentials ghp_abcdefghij', /ghp_a/],
    ['a JSON Web Token', 'got eyJhbGciOiJI.eyJzdWIi.c2ln', /c2ln|eyJ/],
    ['a key in an address', 'GET https://x.example/api?apikey=YourApiKeyToken&a=1 failed', /YourApi/],
    ['a key in JSON', '{"client_secret":"hunter2hunter2"}', /hunter2/],
    ['a long key without a name', 'Key 0123456789abcdef0123456789abcdef is bad', /89abcdef/],
    ['a Twilio key', `Account AC${'0a'.repeat(16)} is closed`, /0a0a/],
    ['an AWS key', 'The key AKIAIOSFODNN7EXAMPLE does not exist', /IOSFODNN7/],
  ])('%s', (_, detail, secret) => {
    expect(given(detail).message).not.toMatch(secret)
  })

  test('not the first half of a secret where the text is cut, nor one that line breaks hide', () => {
    const secret = new Secret('quiet values9')
    const cut = given(`${' '.repeat(4_090)}quietvalues`, [new Secret('quietvalues')])
    expect(cut.message).not.toContain('qui')
    expect(given('sent quiet\r\n values9', [secret]).message).not.toContain('values9')
  })

  test('words that help stay', () => {
    const kept =
      'message=ThrottleExceeded; errorCode=003001; statusCode=429 for payment_intent of /v1/charges'
    expect(given(kept).message).toContain(kept)
  })

  test('it stays one line', () => {
    expect(given('a\nb\r\n\u001B[31mc\u0000\u2028d').message).toContain('"a b [31mc d"')
  })

  test('a code or an id that is a secret, or no word, is left out', () => {
    const secret = new Secret('quietvalue')
    for (const word of [
      'quietvalue',
      'id-quietvalue',
      'sk_live_1234',
      'two words',
      'x\n',
      'é',
      'w'.repeat(200),
      '',
    ]) {
      const facts = { provider: 'acme', status: 400, kind: 'invalid', secrets: [secret] } as const
      expect(new ApiError({ ...facts, code: word, requestId: word })).toMatchObject({
        code: undefined,
        requestId: undefined,
      })
    }
  })
})

const characters = 'aZ09-._~+/=$%&"\\@: <>'.split('')
/** Long enough that it is not in the words of the message by chance. */
const token = fc
  .string({
    minLength: 8,
    maxLength: 80,
    unit: fc.oneof(fc.constantFrom(...characters), fc.string({ minLength: 1, maxLength: 1 })),
  })
  .filter((text) => text.trim().length >= 8 && !/^[a-z ]*$/.test(text))

test('B125: no ApiError shows a secret that it was told of, wherever the provider put it', () => {
  fc.assert(
    fc.property(
      token,
      fc.string(),
      fc.string(),
      fc.nat(5_000),
      fc.constantFrom('plain', 'address', 'json', 'base64'),
      (planted, before, after, filler, form) => {
        const shown = {
          plain: planted,
          address: encodeURIComponent(planted.toWellFormed()),
          json: JSON.stringify(planted),
          base64: Buffer.from(planted).toString('base64'),
        }[form]
        const error = new ApiError({
          provider: 'acme',
          status: 400,
          kind: 'invalid',
          code: shown,
          requestId: shown,
          detail: `${before}${shown}${'. '.repeat(filler)}${shown}${after}`,
          secrets: [new Secret(planted)],
        })
        return !inspect(error).includes(planted) && !error.message.includes(shown)
      },
    ),
    { numRuns: 3_000 },
  )
})

test('B125: a token by its look is not shown, told of or not', () => {
  const alphabet = fc.string({
    minLength: 24,
    maxLength: 60,
    unit: fc.constantFrom(...'abcdefXYZ0123456789_-'.split('')),
  })
  const made = fc.tuple(
    fc.constantFrom('sk_live_', 'xoxb-', 'ghp_', 'SG.', 'ya29.', 'whsec_', 'eyJ', 'Bearer ', ''),
    alphabet.filter((text) => /\d/.test(text) && /[a-z]/i.test(text)),
  )
  fc.assert(
    fc.property(
      made,
      fc.lorem(),
      ([prefix, rest], words) => !scrub(`${words} ${prefix}${rest} ${words}`, 10_000).includes(rest),
    ),
    { numRuns: 5_000 },
  )
})

test('scrubbing costs no more than its length', () => {
  for (const text of [
    'a@'.repeat(4_000),
    'a'.repeat(100_000),
    '1 '.repeat(50_000),
    'token='.repeat(20_000),
    '-'.repeat(9_000),
  ])
    expect(scrub(text, 200).length).toBeLessThanOrEqual(200)
})

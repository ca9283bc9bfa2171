import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { asked, checked, pathAt, pathTo, withQuery } from '#lib/outbound/operations/asking.ts'
import { day, email, phoneNumber, time } from '#lib/outbound/operations/fields.ts'
import { readPaymentIntent } from '#lib/outbound/operations/stripe.ts'
import { givenApi } from './given-api.ts'

describe('a path', () => {
  test('has each value as one segment, whatever it holds', () => {
    const base = 'https://api.example'
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
        fc.pre(!/^\.{0,2}$/.test(value))
        const { pathname, search, hash, host } = new URL(base + pathTo`/v1/things/${value}/parts`)
        expect(pathname.split('/')).toHaveLength(5)
        expect(decodeURIComponent(pathname.split('/')[3] ?? '')).toBe(value)
        expect([host, search, hash]).toEqual(['api.example', '', ''])
      }),
    )
  })

  test.each(['', '.', '..'])('has no segment %j', (value) => {
    expect(() => pathTo`/v1/${value}`).toThrow(TypeError)
  })

  test('leaves out parameters that are not given, and repeats those that are lists', () => {
    expect(withQuery('/a', { b: undefined, c: 0, d: ['x', 'y'], e: false })).toBe('/a?c=0&d=x&d=y&e=false')
    expect(withQuery('/a', { b: undefined })).toBe('/a')
  })

  test('at a base that is not declared is a mistake', () => {
    expect(() => pathAt(givenApi('stripe').client, 'moon', '/x')).toThrow('stripe has no base "moon"')
  })
})

describe('what goes with a request', () => {
  test('is its signal, and its key where the provider has a header for one', async () => {
    const { client, sent } = givenApi('stripe', {
      body: { id: 'pi', amount: 1, currency: 'usd', status: 's' },
    })
    const { signal } = new AbortController()
    await readPaymentIntent(client, 'pi', { signal, idempotencyKey: 'k' })
    expect(sent[0]?.signal).toBe(signal)
    expect(sent[0]?.headers).toEqual({ 'idempotency-key': 'k' })
    const slack = asked(givenApi('slack').client, { idempotencyKey: 'k' }, {})
    expect([...new Headers(slack.headers)]).toEqual([])
  })

  test.each(['', 'k'.repeat(256), 'k\r\nx: y'])(
    'is no key that the provider would not keep: %j',
    (idempotencyKey) => {
      expect(() => asked(givenApi('stripe').client, { idempotencyKey }, {})).toThrow(Error)
    },
  )
})

describe('input', () => {
  test('that is wrong is named by its place, and never shown', () => {
    const schema = z.strictObject({ a: z.array(z.strictObject({ b: z.string() })) })
    const wrong = () => checked('x do', schema, { a: [{ b: 'ok' }, { b: ['hunter2'] }] })
    expect(wrong).toThrow(TypeError)
    expect(wrong).toThrow(/^x do: \/a\/1\/b (?!.*hunter2)/)
  })

  test.each([
    [time, '2026-11-21T08:00:00Z', '2026-13-21T08:00:00Z'],
    [time, '2026-11-21T08:00:00.123456789+01:00', '2026-11-21T08:00:00'],
    [day, '2028-02-29', '2026-02-29'],
    [phoneNumber, '+442079460018', '+44 20 7946 0018'],
    [email, 'a.b+c@example.com', 'a@example.com, b@example.com'],
  ])('is told from what looks like it: %#', (schema, right, wrong) => {
    expect(schema.safeParse(right).success).toBe(true)
    expect(schema.safeParse(wrong).success).toBe(false)
  })
})

import { describe, expect, test } from 'vitest'
import { classify } from '#lib/outbound/classify.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { providers } from '#lib/providers/catalog.ts'
import { answersOf } from '#lib/testing/answers.ts'
import type { MockAnswer } from '#lib/testing/mock-answer.ts'
import { exampleOf } from '#lib/testing/pattern-example.ts'

const apis = providers.filter(({ api }) => api !== undefined)

function meaning(provider: string, { status, headers, body }: MockAnswer): string {
  const api = apis.find(({ id }) => id === provider)?.api
  const answer = { provider, status, headers: new Headers(headers), body: String(body), now: epochMs(0) }
  const verdict = classify(api, answer)
  return verdict.kind === 'ok' ? 'ok' : verdict.error.kind
}

describe.each(apis.map(({ id, api }) => [id, api] as const))('the answers of %s', (id, api) => {
  const answer = answersOf(id, api)

  test('mean what they are for, by its own declaration', () => {
    expect(meaning(id, answer.throttled())).toBe('throttled')
    expect(meaning(id, answer.throttled({ retryAfterSeconds: null }))).toBe('throttled')
    expect(meaning(id, answer.unavailable())).toBe('unavailable')
    expect(['expired', 'revoked']).toContain(meaning(id, answer.unauthorized()))
    expect(meaning(id, answer.json({ id: 1 }))).toBe('ok')
  })

  test('say every fault that every provider can say', () => {
    for (const kind of ['missing', 'invalid', 'forbidden'] as const)
      expect(meaning(id, answer.fault(kind))).toBe(kind)
  })

  test('tell how long to wait', () => {
    const { headers } = answer.throttled({ retryAfterSeconds: 7 })
    expect(headers['retry-after']).toBe('7')
    expect(answer.throttled({ retryAfterSeconds: null }).headers).not.toHaveProperty('retry-after')
  })
})

describe('an error has the form of its provider', () => {
  const of = (id: string) => answersOf(id, apis.find((each) => each.id === id)?.api)

  test('Slack says most failures in a 200, and throttling in a 429', () => {
    expect(of('slack').unauthorized()).toMatchObject({ status: 200 })
    expect(JSON.parse(String(of('slack').unauthorized().body))).toMatchObject({
      ok: false,
      error: 'invalid_auth',
    })
    expect(of('slack').throttled()).toMatchObject({ status: 429 })
  })

  test('Etherscan says every failure in a 200', () => {
    expect(of('etherscan').throttled()).toMatchObject({ status: 200 })
    expect(JSON.parse(String(of('etherscan').throttled().body))).toEqual({
      status: '0',
      result: 'rate limit',
    })
  })

  test('QuickBooks has a list of faults with codes', () => {
    const body: unknown = JSON.parse(String(of('quickbooks').throttled().body))
    expect(body).toMatchObject({ Fault: { Error: [{ code: '3001' }] } })
  })

  test('S3 answers XML', () => {
    expect(of('s3').fault('missing').body).toContain('<Code>NoSuchKey</Code>')
  })

  test('a test may say code, message and status itself', () => {
    const answer = of('stripe').fault('payment', { code: 'card_declined', message: 'no funds', status: 402 })
    expect(answer.status).toBe(402)
    expect(JSON.parse(String(answer.body))).toEqual({ error: { code: 'card_declined', message: 'no funds' } })
  })

  test('a fault that the provider does not have is a mistake of the test', () => {
    expect(() => of('stripe').fault('expired')).toThrow('stripe has no answer that means "expired"')
  })
})

test('every pattern of the catalog has a text that it fits', () => {
  const patterns = JSON.stringify(apis.map(({ api }) => api?.errors)).matchAll(
    /"(?:message|pattern)":("(?:[^"\\]|\\.)*")/g,
  )
  const missing = [...patterns].filter(
    ([, pattern = '""']) => exampleOf(JSON.parse(pattern) as string) === undefined,
  )
  expect(missing.map(([, pattern]) => pattern)).toEqual([])
})

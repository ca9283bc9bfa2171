import { expect } from 'vitest'
import type { GivenWebhook } from './given-webhook.ts'

type Result = Awaited<ReturnType<GivenWebhook['send']>>

/** Nothing reached AWS, and the answer is a problem that tells no secret and quotes nothing of the sender's. */
export function expectRefusal(given: GivenWebhook, result: Result, status: number, code: string): void {
  expect(given.calls).toEqual([])
  expect(result.statusCode).toBe(status)
  expect(result.headers?.['content-type']).toBe('application/problem+json')
  const problem: unknown = JSON.parse(result.body ?? '')
  expect(problem).toMatchObject({ status, code, requestId: 'request-1' })
  expect(Object.keys(problem as object).toSorted()).toEqual([
    'code',
    'detail',
    'requestId',
    'status',
    'title',
    'type',
  ])
}

/** A refused signature: 401, counted, and one line that names the endpoint and the reason. */
export function expectBadSignature(given: GivenWebhook, result: Result, provider: string): void {
  expectRefusal(given, result, 401, 'invalid_signature')
  expect(given.counted).toEqual(['WebhookRejected'])
  expect(given.lines).toHaveLength(1)
  expect(JSON.parse(given.lines[0] ?? '')).toMatchObject({
    level: 'warn',
    message: 'a webhook was refused',
    provider,
    tenant: 'default',
    reason: expect.stringMatching(
      /^(?:(?:signature|timestamp|id|certificate)_[a-z_]+|not_for_this_endpoint)$/,
    ) as string,
  })
}

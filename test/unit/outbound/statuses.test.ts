import { describe, expect, test } from 'vitest'
import { ApiError, type Action, type ApiErrorKind } from '#lib/errors/api-error.ts'
import { classify, needsBody } from '#lib/outbound/classify.ts'
import { statusMeans } from '#lib/outbound/statuses.ts'
import { longestDelayMs } from '#lib/primitives/options.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { judged, now } from './given-answer.ts'

const matrix: readonly (readonly [status: number, kind: ApiErrorKind, action: Action, retryable: boolean])[] =
  [
    [400, 'invalid', 'give_up', false],
    [401, 'expired', 'refresh', true],
    [402, 'payment', 'give_up', false],
    [403, 'forbidden', 'give_up', false],
    [404, 'missing', 'give_up', false],
    [405, 'invalid', 'give_up', false],
    [406, 'invalid', 'give_up', false],
    [408, 'unavailable', 'retry', true],
    [409, 'conflict', 'merge', true],
    [410, 'missing', 'give_up', false],
    [412, 'conflict', 'merge', true],
    [413, 'invalid', 'give_up', false],
    [415, 'invalid', 'give_up', false],
    [418, 'invalid', 'give_up', false],
    [422, 'invalid', 'give_up', false],
    [423, 'unavailable', 'retry', true],
    [425, 'unavailable', 'retry', true],
    [429, 'throttled', 'wait', true],
    [451, 'forbidden', 'give_up', false],
    [500, 'unavailable', 'retry', true],
    [501, 'invalid', 'give_up', false],
    [502, 'unavailable', 'retry', true],
    [503, 'unavailable', 'retry', true],
    [504, 'unavailable', 'retry', true],
    [529, 'unavailable', 'retry', true],
    [599, 'unavailable', 'retry', true],
  ]

test.each(matrix)('%i means %s: %s', (status, kind, action, retryable) => {
  const verdict = classify(undefined, {
    provider: 'any',
    status,
    headers: new Headers(),
    body: undefined,
    now,
  })
  expect(verdict).toMatchObject({ kind: 'error', action, error: { status, kind, action, retryable } })
})

test.each([200, 201, 202, 204, 206, 299, 304])('%i is no failure', (status) => {
  expect(statusMeans(status)).toBeUndefined()
})

test.each([301, 302, 307, 308])('%i that was not followed is the request’s fault', (status) => {
  expect(statusMeans(status)).toBe('invalid')
})

test.each([0, 100, 600, -1, Number.NaN])('%d is no status, so a fault there', (status) => {
  expect(statusMeans(status)).toBe('unavailable')
})

describe('B113: a 429 without Retry-After', () => {
  const answer = { provider: 'any', status: 429, headers: new Headers(), body: undefined, now }
  const verdict = classify(undefined, answer)

  test('says no wait, so that the backoff is the caller’s, and no failure for the breaker', () => {
    if (verdict.kind === 'ok') throw new Error('a 429 is an error')
    expect(verdict.error.retryAfterMs).toBeUndefined()
    expect(verdict.error.breaker).toBe('ignored')
    expect(verdict.error.consequence).toBe('retry')
  })
})

describe('B111: Retry-After', () => {
  const wait = (value: string, status = 429): number | undefined => {
    const headers = new Headers({ 'retry-after': value })
    const verdict = classify(undefined, { provider: 'any', status, headers, body: undefined, now })
    return verdict.kind === 'error' ? verdict.error.retryAfterMs : undefined
  }

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['1000000000', longestDelayMs - 1],
    ['9999999999', longestDelayMs - 1],
    ['9'.repeat(400), longestDelayMs - 1],
    [new Date(now + 30_000).toUTCString(), 30_000],
    [new Date(now - 30_000).toUTCString(), 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['', undefined],
    ['1e9', undefined],
    ['NaN', undefined],
    ['Wed, 21 Oct 2099', undefined],
    ['Sat, 31 Feb 2026 00:00:00 GMT', undefined],
    ['2026-11-21T09:00:00Z', undefined],
  ])('%j is %j', (value, expected) => {
    expect(wait(value)).toBe(expected)
  })

  test('is heeded on a 503 too, and by nothing that a wait does not mend', () => {
    expect(wait('9', 503)).toBe(9_000)
    expect(wait('9', 400)).toBeUndefined()
    expect(wait('9', 404)).toBeUndefined()
  })
})

test.each(['revoked', 'exhausted', 'stale-cursor', 'payment'] as const)('%s says what to do', (kind) => {
  expect(new ApiError({ provider: 'acme', status: 400, kind }).message).toMatch(/^acme answered 400; .{20,}/)
})

test('a body is read where it may hide a failure, and is left to its reader elsewhere', () => {
  const needs = (provider: string, status: number, type = 'application/json'): boolean =>
    needsBody(findProvider(provider)?.api, status, new Headers({ 'content-type': type }))
  expect(needs('slack', 200)).toBe(true)
  expect(needs('leaflink', 200)).toBe(false)
  expect(needs('leaflink', 200, 'text/html')).toBe(true)
  expect(needs('google-drive', 200, 'text/html')).toBe(false)
  for (const provider of ['slack', 'leaflink', 'google-drive', 'unknown']) {
    expect(needs(provider, 500)).toBe(true)
    expect(needs(provider, 404)).toBe(true)
  }
})

test('no answer makes it throw', () => {
  const bodies = [
    '',
    ' ',
    '{',
    '[]',
    'null',
    '0',
    '"x"',
    '<',
    '<Error>',
    '<html>',
    '{"error":{"errors":{}}}',
    '\u0000',
    '[['.repeat(50_000),
  ]
  for (const { id } of providers) {
    for (const status of [200, 204, 400, 401, 403, 409, 410, 429, 500, 503]) {
      for (const body of bodies) expect(() => judged(id, { status, body })).not.toThrow()
    }
  }
})

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Secret } from '#lib/primitives/secret.ts'
import { errorOf, judged, nowSeconds, understood, type Row } from './given-answer.ts'

describe('Slack', () => {
  const rows: readonly Row[] = [
    { name: 'a good answer', status: 200, body: { ok: true, channels: [] }, kind: 'ok' },
    {
      name: 'B114: an error inside a 200',
      status: 200,
      body: { ok: false, error: 'channel_not_found' },
      headers: { 'x-slack-req-id': 'a1b2c3d4' },
      kind: 'missing',
      code: 'channel_not_found',
      requestId: 'a1b2c3d4',
    },
    { name: 'a token to refresh', status: 200, body: { ok: false, error: 'token_expired' }, kind: 'expired' },
    { name: 'a revoked token', status: 200, body: { ok: false, error: 'token_revoked' }, kind: 'revoked' },
    { name: 'a token of nobody', status: 200, body: { ok: false, error: 'invalid_auth' }, kind: 'revoked' },
    { name: 'a deleted user', status: 200, body: { ok: false, error: 'account_inactive' }, kind: 'revoked' },
    {
      name: 'a missing scope, by its name',
      status: 200,
      body: { ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'identify' },
      kind: 'forbidden',
      code: 'missing_scope',
    },
    {
      name: 'a limit, with its wait',
      status: 429,
      body: { ok: false, error: 'ratelimited' },
      headers: { 'retry-after': '30' },
      kind: 'throttled',
      retryAfterMs: 30_000,
    },
    { name: 'a fault there', status: 200, body: { ok: false, error: 'fatal_error' }, kind: 'unavailable' },
    { name: 'an unknown code', status: 200, body: { ok: false, error: 'invalid_blocks' }, kind: 'invalid' },
    {
      name: 'an old cursor',
      status: 200,
      body: { ok: false, error: 'invalid_cursor' },
      kind: 'stale-cursor',
    },
    {
      name: 'B119: a page of maintenance',
      status: 200,
      body: '<!DOCTYPE html><title>Slack</title>',
      headers: { 'content-type': 'text/html; charset=utf-8' },
      kind: 'unavailable',
      code: 'html_instead_of_json',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('slack', row)).toStrictEqual(row)
  })

  test('says in the message which scope is missing', () => {
    const { message } = errorOf('slack', {
      status: 200,
      body: { ok: false, error: 'missing_scope', needed: 'chat:write' },
    })
    expect(message).toBe(
      'slack answered 200 missing_scope: "chat:write"; the credential lacks a permission: grant it at the provider',
    )
  })
})

describe('GitHub', () => {
  const rows: readonly Row[] = [
    { name: 'a good answer', status: 200, body: [{ id: 1 }], kind: 'ok' },
    { name: 'nothing new', status: 304, kind: 'ok' },
    {
      name: 'the primary limit, as a 403 that says when it is renewed',
      status: 403,
      body: {
        message: 'API rate limit exceeded for user ID 1.',
        documentation_url: 'https://docs.github.com',
      },
      headers: {
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(nowSeconds + 90),
        'x-ratelimit-resource': 'core',
        'x-github-request-id': 'C0DE:1A2B:3C4D',
      },
      kind: 'throttled',
      retryAfterMs: 90_000,
      requestId: 'C0DE:1A2B:3C4D',
    },
    {
      name: 'the secondary limit without a header: a minute',
      status: 403,
      body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' },
      headers: { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': String(nowSeconds + 3_000) },
      kind: 'throttled',
      retryAfterMs: 60_000,
    },
    {
      name: 'the secondary limit with Retry-After',
      status: 403,
      body: { message: 'You have triggered an abuse detection mechanism.' },
      headers: { 'retry-after': '17' },
      kind: 'throttled',
      retryAfterMs: 17_000,
    },
    {
      name: 'a 403 that is one',
      status: 403,
      body: { message: 'Resource not accessible by integration' },
      headers: { 'x-ratelimit-remaining': '4998' },
      kind: 'forbidden',
    },
    { name: 'a token', status: 401, body: { message: 'Bad credentials' }, kind: 'expired' },
    {
      name: 'a field that is wrong',
      status: 422,
      body: {
        message: 'Validation Failed',
        errors: [{ resource: 'Issue', field: 'title', code: 'missing_field' }],
      },
      kind: 'invalid',
      code: 'missing_field',
    },
    {
      name: 'B114: GraphQL without data',
      status: 200,
      body: { data: null, errors: [{ type: 'NOT_FOUND', path: ['repository'], locations: [{ line: 1 }] }] },
      kind: 'missing',
      code: 'NOT_FOUND',
    },
    {
      name: 'GraphQL with partial data, which is its reader’s',
      status: 200,
      body: { data: { viewer: {} }, errors: [{ type: 'NOT_FOUND', locations: [] }] },
      kind: 'ok',
    },
    {
      name: 'GraphQL throttled',
      status: 200,
      body: { data: {}, errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
      kind: 'throttled',
    },
    {
      name: 'a list of errors that is what was asked for',
      status: 200,
      body: {
        errors: [{ line: 3, column: 1, kind: 'Invalid pattern', message: 'Invalid pattern on line 3' }],
      },
      kind: 'ok',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('github', row)).toStrictEqual(row)
  })
})

describe('Stripe', () => {
  const error = (fields: object): object => ({ error: fields })
  const rows: readonly Row[] = [
    { name: 'a good answer', status: 200, body: { id: 'pi_1', object: 'payment_intent' }, kind: 'ok' },
    {
      name: 'a declined card',
      status: 402,
      body: error({
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'insufficient_funds',
        message: 'Declined.',
      }),
      headers: { 'request-id': 'req_8aZ' },
      kind: 'payment',
      code: 'card_declined',
      requestId: 'req_8aZ',
    },
    {
      name: 'a parameter',
      status: 400,
      body: error({
        type: 'invalid_request_error',
        code: 'parameter_missing',
        param: 'amount',
        message: 'Missing',
      }),
      kind: 'invalid',
    },
    {
      name: 'a key',
      status: 401,
      body: error({ type: 'invalid_request_error', message: 'Invalid API Key' }),
      kind: 'revoked',
    },
    {
      name: 'a limit, with its reason',
      status: 429,
      body: error({ type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests' }),
      headers: { 'stripe-rate-limited-reason': 'global-rate', 'stripe-should-retry': 'false' },
      kind: 'throttled',
    },
    {
      name: 'a locked object',
      status: 429,
      body: error({ type: 'invalid_request_error', code: 'lock_timeout', message: 'locked' }),
      kind: 'unavailable',
    },
    {
      name: 'a key that is in use',
      status: 409,
      body: error({ type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'in use' }),
      kind: 'unavailable',
    },
    {
      name: 'a key that was used for something else',
      status: 400,
      body: error({
        type: 'idempotency_error',
        message: 'Keys for idempotent requests can only be used with …',
      }),
      kind: 'invalid',
      code: 'idempotency_error',
    },
    { name: 'a fault there', status: 500, body: error({ type: 'api_error' }), kind: 'unavailable' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('stripe', row)).toStrictEqual(row)
  })

  test('is waited for when it throttles, whatever it says of sending at once', () => {
    const headers = { 'stripe-should-retry': 'false', 'retry-after': '2' }
    expect(errorOf('stripe', { status: 429, body: error({ code: 'rate_limit' }), headers })).toMatchObject({
      retryable: true,
      action: 'wait',
      retryAfterMs: 2_000,
    })
  })

  test('is sent again, or not, by its own word', () => {
    const body = error({ type: 'api_error' })
    expect(
      errorOf('stripe', { status: 500, body, headers: { 'stripe-should-retry': 'false' } }),
    ).toMatchObject({
      retryable: false,
      action: 'give_up',
      consequence: 'park',
    })
    expect(
      errorOf('stripe', { status: 400, body, headers: { 'stripe-should-retry': 'true' } }),
    ).toMatchObject({
      retryable: true,
      action: 'retry',
      consequence: 'retry',
    })
  })
})

test.each([204, 304, 200, 202])('B116: %i without a body is no error, whoever sends it', (status) => {
  for (const provider of ['slack', 'github', 'stripe', 'unknown']) {
    expect(judged(provider, { status })).toEqual({ kind: 'ok' })
    expect(judged(provider, { status, body: '' })).toEqual({ kind: 'ok' })
  }
})

test('B125: an answer that echoes our own token, in its body or a header, puts it into no error', () => {
  const error = errorOf('github', {
    status: 401,
    body: { message: 'Bad credentials: quiet-token' },
    headers: { 'x-github-request-id': 'quiet-token' },
    secrets: [new Secret('quiet-token')],
  })
  expect(error.message).toBe(
    'github answered 401: "Bad credentials: [redacted]"; refresh the access token, then try once more',
  )
  expect(inspect(error)).not.toContain('quiet-token')
})

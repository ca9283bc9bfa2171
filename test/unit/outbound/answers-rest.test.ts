import { describe, expect, test } from 'vitest'
import { nowSeconds, understood, type Row } from './given-answer.ts'

const google = (code: number, reason: string, message: string, status?: string): object => ({
  error: {
    code,
    message,
    errors: [{ domain: 'usageLimits', reason, message }],
    ...(status !== undefined && { status }),
  },
})

describe.each(['google-calendar', 'gmail', 'google-drive'])('%s', (provider) => {
  const rows: readonly Row[] = [
    { name: 'a list', status: 200, body: { items: [], nextSyncToken: 'x' }, kind: 'ok' },
    {
      name: 'a limit, as a 403',
      status: 403,
      body: google(403, 'rateLimitExceeded', 'Rate Limit Exceeded'),
      kind: 'throttled',
      code: 'rateLimitExceeded',
    },
    {
      name: 'the user’s limit, as a 403',
      status: 403,
      body: google(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded'),
      kind: 'throttled',
    },
    {
      name: 'a limit',
      status: 429,
      body: google(429, 'rateLimitExceeded', 'x', 'RESOURCE_EXHAUSTED'),
      kind: 'throttled',
    },
    {
      name: 'the day’s quota',
      status: 403,
      body: google(403, 'dailyLimitExceeded', 'Daily Limit Exceeded'),
      kind: 'exhausted',
      retryAfterMs: 3_600_000,
    },
    {
      name: 'a 403 that is one',
      status: 403,
      body: google(
        403,
        'insufficientPermissions',
        'Request had insufficient authentication scopes.',
        'PERMISSION_DENIED',
      ),
      kind: 'forbidden',
    },
    {
      name: 'a full drive',
      status: 403,
      body: google(403, 'storageQuotaExceeded', 'quota has been exceeded'),
      kind: 'payment',
    },
    { name: 'an unknown 403', status: 403, body: google(403, 'forbidden', 'Forbidden'), kind: 'forbidden' },
    {
      name: 'an API that is switched off',
      status: 403,
      body: google(
        403,
        'accessNotConfigured',
        'API has not been used in project 1 before or it is disabled.',
      ),
      kind: 'forbidden',
    },
    {
      name: 'a token',
      status: 401,
      body: google(401, 'authError', 'Invalid Credentials', 'UNAUTHENTICATED'),
      kind: 'expired',
    },
    {
      name: 'an old sync token',
      status: 410,
      body: google(410, 'fullSyncRequired', 'Sync token is no longer valid, a full sync is required.'),
      kind: 'stale-cursor',
    },
    {
      name: 'a thing that was deleted',
      status: 410,
      body: google(410, 'deleted', 'deleted'),
      kind: 'missing',
    },
    { name: 'an old cursor, by its status', status: 410, withCursor: true, kind: 'stale-cursor' },
    {
      name: 'an old ETag',
      status: 412,
      body: google(412, 'conditionNotMet', 'Precondition Failed'),
      kind: 'conflict',
    },
    {
      name: 'an id that exists',
      status: 409,
      body: google(409, 'duplicate', 'exists already'),
      kind: 'invalid',
    },
    {
      name: 'a fault there',
      status: 500,
      body: google(500, 'backendError', 'Backend Error'),
      kind: 'unavailable',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood(provider, row)).toStrictEqual(row)
  })
})

test('Gmail says by a 404 that a history is too old, when the call carried one', () => {
  const row: Row = {
    name: '',
    status: 404,
    body: google(404, 'notFound', 'x'),
    kind: 'stale-cursor',
    withCursor: true,
  }
  expect(understood('gmail', row)).toStrictEqual(row)
  expect(understood('gmail', { ...row, withCursor: false }).kind).toBe('missing')
  expect(understood('google-drive', row).kind).toBe('missing')
})

describe('Firebase', () => {
  const fcm = (status: number, name: string, errorCode: string): object => ({
    error: {
      code: status,
      message: 'told here',
      status: name,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.Help', links: [] },
        { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode },
      ],
    },
  })
  const rows: readonly Row[] = [
    { name: 'a sent message', status: 200, body: { name: 'projects/p/messages/1' }, kind: 'ok' },
    {
      name: 'a device that is gone',
      status: 404,
      body: fcm(404, 'NOT_FOUND', 'UNREGISTERED'),
      kind: 'missing',
      code: 'UNREGISTERED',
    },
    {
      name: 'the quota: a minute',
      status: 429,
      body: fcm(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'),
      kind: 'throttled',
      retryAfterMs: 60_000,
    },
    {
      name: 'another sender’s',
      status: 403,
      body: fcm(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'),
      kind: 'forbidden',
    },
    {
      name: 'Apple’s key',
      status: 401,
      body: fcm(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'),
      kind: 'forbidden',
    },
    {
      name: 'a token',
      status: 401,
      body: { error: { code: 401, status: 'UNAUTHENTICATED' } },
      kind: 'expired',
    },
    {
      name: 'load',
      status: 503,
      body: fcm(503, 'UNAVAILABLE', 'UNAVAILABLE'),
      headers: { 'retry-after': '7' },
      kind: 'unavailable',
      retryAfterMs: 7_000,
    },
    {
      name: 'an argument',
      status: 400,
      body: fcm(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'),
      kind: 'invalid',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('firebase', row)).toStrictEqual(row)
  })
})

describe('Google Analytics', () => {
  const rows: readonly Row[] = [
    { name: 'whatever was sent', status: 204, kind: 'ok' },
    { name: 'an event that is good', status: 200, body: { validationMessages: [] }, kind: 'ok' },
    {
      name: 'B114: an event that is not, inside a 200',
      status: 200,
      body: {
        validationMessages: [
          {
            fieldPath: 'events',
            description: 'Event at index: [0] has invalid name.',
            validationCode: 'NAME_INVALID',
          },
        ],
      },
      kind: 'invalid',
      code: 'NAME_INVALID',
    },
    {
      name: 'the quota of reports',
      status: 429,
      body: { error: { status: 'RESOURCE_EXHAUSTED' } },
      kind: 'throttled',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('google-analytics', row)).toStrictEqual(row)
  })
})

describe('Auth0', () => {
  const rows: readonly Row[] = [
    { name: 'users', status: 200, body: [], kind: 'ok' },
    {
      name: 'a limit, with its renewal',
      status: 429,
      body: {
        statusCode: 429,
        error: 'Too Many Requests',
        message: 'Global limit has been reached',
        errorCode: 'too_many_requests',
      },
      headers: {
        'x-ratelimit-limit': '10',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(nowSeconds + 3),
      },
      kind: 'throttled',
      code: 'too_many_requests',
      retryAfterMs: 3_000,
    },
    {
      name: 'a limit that its other server calls denied access',
      status: 403,
      body: { error: 'access_denied', error_description: 'Global limit has been reached' },
      kind: 'throttled',
    },
    {
      name: 'a scope',
      status: 403,
      body: {
        statusCode: 403,
        error: 'Forbidden',
        message: 'Insufficient scope',
        errorCode: 'insufficient_scope',
      },
      kind: 'forbidden',
    },
    {
      name: 'a token',
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized', message: 'Expired token' },
      kind: 'expired',
    },
    {
      name: 'a user who exists',
      status: 409,
      body: {
        statusCode: 409,
        error: 'Conflict',
        message: 'The user already exists.',
        errorCode: 'auth0_idp_error',
      },
      kind: 'invalid',
    },
    { name: 'a user who does not', status: 404, body: { errorCode: 'inexistent_user' }, kind: 'missing' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('auth0', row)).toStrictEqual(row)
  })
})

describe('LeafLink', () => {
  const rows: readonly Row[] = [
    { name: 'orders', status: 200, body: { count: 0, next: null, previous: null, results: [] }, kind: 'ok' },
    {
      name: 'a limit',
      status: 429,
      body: { detail: 'Request was throttled.' },
      headers: { 'ratelimit-limit': '300', 'ratelimit-remaining': '0', 'ratelimit-reset': '12' },
      kind: 'throttled',
      retryAfterMs: 12_000,
    },
    { name: 'a key', status: 401, body: { detail: 'Invalid token.' }, kind: 'revoked' },
    { name: 'a right', status: 403, body: { detail: 'You do not have permission.' }, kind: 'forbidden' },
    { name: 'a page beyond the last', status: 404, body: { detail: 'Invalid page.' }, kind: 'missing' },
    {
      name: 'a page for people',
      status: 200,
      body: '<html><body>Down for maintenance</body></html>',
      kind: 'unavailable',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('leaflink', row)).toStrictEqual(row)
  })
})

describe('Distru', () => {
  const rows: readonly Row[] = [
    { name: 'products', status: 200, body: { data: [], next_page: null }, kind: 'ok' },
    { name: 'a key that ended', status: 401, body: { error: 'Unauthorized' }, kind: 'revoked' },
    { name: 'a field', status: 422, body: { message: 'name is required' }, kind: 'invalid' },
    { name: 'a fault there', status: 500, body: { error: 'Internal Server Error' }, kind: 'unavailable' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('distru', row)).toStrictEqual(row)
  })
})

describe('MyCarrierPackets', () => {
  const rows: readonly Row[] = [
    { name: 'carriers', status: 200, body: [], kind: 'ok' },
    {
      name: 'a token',
      status: 401,
      body: { Message: 'Authorization has been denied for this request.' },
      kind: 'expired',
    },
    {
      name: 'a password that is not taken',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The user name or password is incorrect.' },
      kind: 'revoked',
      code: 'invalid_grant',
    },
    { name: 'a route', status: 404, body: { Message: 'No HTTP resource was found' }, kind: 'missing' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('mycarrierpackets', row)).toStrictEqual(row)
  })
})

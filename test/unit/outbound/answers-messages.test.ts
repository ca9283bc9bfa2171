import { describe, expect, test } from 'vitest'
import { nowSeconds, understood, type Row } from './given-answer.ts'

describe('Twilio', () => {
  const failed = (status: number, code: number, message: string): object => ({
    code,
    message,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  })
  const rows: readonly Row[] = [
    {
      name: 'a queued message',
      status: 201,
      body: { sid: 'SM1', status: 'queued', error_code: null },
      kind: 'ok',
    },
    {
      name: 'a number that is none',
      status: 400,
      body: failed(400, 21211, "The 'To' number is not a valid phone number."),
      headers: { 'twilio-request-id': 'RQ12ab' },
      kind: 'invalid',
      code: '21211',
      requestId: 'RQ12ab',
    },
    {
      name: 'a receiver who said STOP',
      status: 400,
      body: failed(400, 21610, 'unsubscribed'),
      kind: 'invalid',
    },
    { name: 'a bad token', status: 401, body: failed(401, 20003, 'Authenticate'), kind: 'revoked' },
    {
      name: 'too many at once',
      status: 429,
      body: failed(429, 20429, 'Too Many Requests'),
      kind: 'throttled',
    },
    {
      name: 'too many, in the form of the newer APIs',
      status: 429,
      body: { errors: [{ code: 20429, message: 'Too many requests.', infoUrl: 'https://www.twilio.com' }] },
      headers: { 'retry-after': '2' },
      kind: 'throttled',
      code: '20429',
      retryAfterMs: 2_000,
    },
    { name: 'nothing there', status: 404, body: failed(404, 20404, 'not found'), kind: 'missing' },
    { name: 'a fault there', status: 500, body: failed(500, 20500, 'Internal'), kind: 'unavailable' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('twilio', row)).toStrictEqual(row)
  })
})

describe('SendGrid', () => {
  const failed = (message: string, field: string | null = null): object => ({
    errors: [{ message, field, help: null }],
  })
  const rows: readonly Row[] = [
    { name: 'queued mail', status: 202, headers: { 'x-message-id': 'abc' }, kind: 'ok' },
    {
      name: 'a field',
      status: 400,
      body: failed('The from email does not contain a valid address.', 'from.email'),
      kind: 'invalid',
      code: 'from.email',
    },
    {
      name: 'a bad key',
      status: 401,
      body: failed('The provided authorization grant is invalid'),
      kind: 'revoked',
    },
    { name: 'a permission', status: 403, body: failed('access forbidden'), kind: 'forbidden' },
    {
      name: 'a block after many bad requests, as a 403',
      status: 403,
      body: failed('Too many bad requests'),
      kind: 'throttled',
      retryAfterMs: 60_000,
    },
    {
      name: 'a limit, with its renewal',
      status: 429,
      body: failed('too many requests'),
      headers: {
        'x-ratelimit-limit': '150',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(nowSeconds + 42),
      },
      kind: 'throttled',
      retryAfterMs: 42_000,
    },
    {
      name: 'credits that are used up',
      status: 401,
      body: failed('Maximum credits exceeded'),
      kind: 'exhausted',
      retryAfterMs: 3_600_000,
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('sendgrid', row)).toStrictEqual(row)
  })
})

describe('Amazon SES', () => {
  const rows: readonly Row[] = [
    { name: 'sent mail', status: 200, body: { MessageId: '0100018' }, kind: 'ok' },
    {
      name: 'a rate',
      status: 429,
      body: { message: 'Maximum sending rate exceeded.' },
      headers: {
        'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/',
        'x-amzn-requestid': '7e-4f',
      },
      kind: 'throttled',
      code: 'ThrottlingException',
      requestId: '7e-4f',
    },
    {
      name: 'the day’s quota, under the same name',
      status: 400,
      body: { __type: 'com.amazonaws.ses#ThrottlingException', message: 'Daily message quota exceeded.' },
      kind: 'exhausted',
      code: 'ThrottlingException',
      retryAfterMs: 600_000,
    },
    {
      name: 'an address that is not verified',
      status: 400,
      body: { message: 'Email address is not verified.' },
      headers: { 'x-amzn-errortype': 'MessageRejected' },
      kind: 'invalid',
    },
    {
      name: 'a paused account',
      status: 400,
      body: { message: 'paused' },
      headers: { 'x-amzn-errortype': 'SendingPausedException' },
      kind: 'forbidden',
    },
    {
      name: 'a session that ended',
      status: 403,
      body: { message: 'The security token included in the request is expired' },
      headers: { 'x-amzn-errortype': 'ExpiredTokenException' },
      kind: 'expired',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('ses', row)).toStrictEqual(row)
  })
})

describe.each(['s3', 'r2'])('%s', (provider) => {
  const failed = (code: string, message: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>` +
    '<Resource>/bucket/key</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>'
  const rows: readonly Row[] = [
    { name: 'a list', status: 200, body: '<ListBucketResult><Contents/></ListBucketResult>', kind: 'ok' },
    {
      name: 'B114: a copy that failed after its 200',
      status: 200,
      body: failed('InternalError', 'We encountered an internal error. Please try again.'),
      kind: 'unavailable',
      code: 'InternalError',
    },
    {
      name: 'blanks that kept the connection open before it',
      status: 200,
      body: `${' '.repeat(5_000)}${failed('SlowDown', 'Please reduce your request rate.')}`,
      kind: 'throttled',
      code: 'SlowDown',
    },
    {
      name: 'a rate',
      status: 503,
      body: failed('SlowDown', 'Please reduce your request rate.'),
      kind: 'throttled',
    },
    {
      name: 'a key',
      status: 404,
      body: failed('NoSuchKey', 'The specified key does not exist.'),
      kind: 'missing',
    },
    { name: 'nothing, to a HEAD', status: 404, kind: 'missing' },
    { name: 'a signature', status: 403, body: failed('SignatureDoesNotMatch', 'x'), kind: 'revoked' },
    { name: 'a clock', status: 403, body: failed('RequestTimeTooSkewed', 'x'), kind: 'invalid' },
    { name: 'a session', status: 400, body: failed('ExpiredToken', 'x'), kind: 'expired' },
    { name: 'what exists', status: 412, body: failed('PreconditionFailed', 'x'), kind: 'conflict' },
    {
      name: 'two writers',
      status: 409,
      body: failed('ConditionalRequestConflict', 'x'),
      kind: 'unavailable',
    },
    { name: 'a right', status: 403, body: failed('AccessDenied', 'x'), kind: 'forbidden' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood(provider, row)).toStrictEqual(row)
  })
})

describe('Mixpanel', () => {
  const rows: readonly Row[] = [
    {
      name: 'an import',
      status: 200,
      body: { code: 200, num_records_imported: 2, status: 'OK' },
      kind: 'ok',
    },
    { name: 'a track', status: 200, body: '1', kind: 'ok' },
    { name: 'B114: a track that was refused', status: 200, body: '0\n', kind: 'invalid' },
    {
      name: 'B114: the same, told at length',
      status: 200,
      body: { status: 0, error: 'data, missing or empty' },
      kind: 'invalid',
    },
    {
      name: 'events that are wrong',
      status: 400,
      body: {
        code: 400,
        error: 'some data points in the request failed validation',
        status: 'Bad Request',
        num_records_imported: 999,
        failed_records: [{ index: 0, field: 'properties.time', message: 'invalid' }],
      },
      kind: 'invalid',
    },
    {
      name: 'a limit',
      status: 429,
      body: { code: 429, error: 'Project exceeded rate limits. Please retry.', status: 'Too Many Requests' },
      kind: 'throttled',
    },
    {
      name: 'a key',
      status: 401,
      body: { code: 401, error: 'Invalid credentials', status: 'Unauthorized' },
      kind: 'revoked',
    },
    { name: 'too much', status: 413, body: { code: 413, error: 'request too large' }, kind: 'invalid' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('mixpanel', row)).toStrictEqual(row)
  })
})

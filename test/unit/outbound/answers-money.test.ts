import { describe, expect, test } from 'vitest'
import { understood, type Row } from './given-answer.ts'

const fault = (code: string, message: string, type = 'ValidationFault'): object => ({
  Fault: { Error: [{ Message: message, Detail: `${message} : more of it`, code, element: '' }], type },
  time: '2026-11-21T00:00:00.000-08:00',
})

describe('QuickBooks', () => {
  const rows: readonly Row[] = [
    { name: 'a good answer', status: 200, body: { QueryResponse: { Invoice: [] }, time: 'x' }, kind: 'ok' },
    {
      name: 'B114: a fault inside a 200',
      status: 200,
      body: fault('2500', 'Invalid Reference Id'),
      headers: { intuit_tid: '1-6740a1b2-0c' },
      kind: 'invalid',
      code: '2500',
      requestId: '1-6740a1b2-0c',
    },
    {
      name: 'a stale SyncToken, as a 400',
      status: 400,
      body: fault('5010', 'Stale Object Error'),
      kind: 'conflict',
      code: '5010',
    },
    {
      name: 'a token, in the small letters of its gateway',
      status: 401,
      body: {
        warnings: null,
        intuitObject: null,
        fault: {
          error: [
            {
              message: 'message=AuthenticationFailed; errorCode=003200; statusCode=401',
              detail: '',
              code: '3200',
            },
          ],
          type: 'AUTHENTICATION',
        },
      },
      kind: 'expired',
      code: '3200',
    },
    {
      name: 'a limit: a minute, since the answer does not say',
      status: 429,
      body: {
        fault: {
          error: [{ message: 'message=ThrottleExceeded; errorCode=003001; statusCode=429', code: '3001' }],
          type: 'THROTTLE',
        },
      },
      kind: 'throttled',
      retryAfterMs: 60_000,
    },
    {
      name: 'a user who is no administrator any more',
      status: 401,
      body: fault('120', 'Authorization Failure'),
      kind: 'revoked',
    },
    {
      name: 'a subscription that ended',
      status: 400,
      body: fault('6190', 'Invalid Company Status'),
      kind: 'payment',
    },
    {
      name: 'a thing that was deleted',
      status: 400,
      body: fault('610', 'Object Not Found'),
      kind: 'missing',
    },
    {
      name: 'a name that exists',
      status: 400,
      body: fault('6240', 'Duplicate Name Exists Error'),
      kind: 'invalid',
    },
    {
      name: 'a batch in which one item failed, which is its reader’s',
      status: 200,
      body: {
        BatchItemResponse: [
          { bId: '1', ...fault('6240', 'Duplicate') },
          { bId: '2', Invoice: {} },
        ],
      },
      kind: 'ok',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('quickbooks', row)).toStrictEqual(row)
  })
})

describe('PayPal', () => {
  const rows: readonly Row[] = [
    { name: 'a good answer', status: 201, body: { id: '5O190127TN364715T', status: 'CREATED' }, kind: 'ok' },
    {
      name: 'an order that cannot be captured',
      status: 422,
      body: {
        name: 'UNPROCESSABLE_ENTITY',
        details: [{ issue: 'ORDER_NOT_APPROVED', description: 'Payer has not yet approved the Order.' }],
        message: 'The requested action could not be performed.',
        debug_id: 'fb6d1f5a3c1f6',
        links: [],
      },
      kind: 'invalid',
      code: 'ORDER_NOT_APPROVED',
      requestId: 'fb6d1f5a3c1f6',
    },
    {
      name: 'a declined card',
      status: 422,
      body: { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'INSTRUMENT_DECLINED' }], debug_id: 'a1' },
      headers: { 'paypal-debug-id': 'f0b2' },
      kind: 'payment',
      requestId: 'f0b2',
    },
    {
      name: 'a limit',
      status: 429,
      body: { name: 'RATE_LIMIT_REACHED', message: 'Too many requests. Blocked due to rate limiting.' },
      kind: 'throttled',
      retryAfterMs: 30_000,
    },
    {
      name: 'a token',
      status: 401,
      body: { error: 'invalid_token', error_description: 'Token signature verification failed' },
      kind: 'expired',
      code: 'invalid_token',
    },
    {
      name: 'the same request that is still at work',
      status: 409,
      body: { name: 'RESOURCE_CONFLICT', details: [{ issue: 'PREVIOUS_REQUEST_IN_PROGRESS' }] },
      kind: 'unavailable',
    },
    {
      name: 'B114: a webhook that does not verify, inside a 200',
      status: 200,
      body: { verification_status: 'FAILURE' },
      kind: 'invalid',
    },
    { name: 'a webhook that does', status: 200, body: { verification_status: 'SUCCESS' }, kind: 'ok' },
    { name: 'a fault there', status: 500, body: { name: 'INTERNAL_SERVER_ERROR' }, kind: 'unavailable' },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('paypal', row)).toStrictEqual(row)
  })
})

describe('Etherscan', () => {
  const nope = (result: string): object => ({ status: '0', message: 'NOTOK', result })
  const rows: readonly Row[] = [
    {
      name: 'a balance',
      status: 200,
      body: { status: '1', message: 'OK', result: '40891626854930000000000' },
      kind: 'ok',
    },
    {
      name: 'no transactions',
      status: 200,
      body: { status: '0', message: 'No transactions found', result: [] },
      kind: 'ok',
    },
    {
      name: 'no records',
      status: 200,
      body: { status: '0', message: 'No records found', result: [] },
      kind: 'ok',
    },
    {
      name: 'no matching records',
      status: 200,
      body: { status: '0', message: 'No matching records found', result: [] },
      kind: 'ok',
    },
    {
      name: 'B114: the key’s limit',
      status: 200,
      body: nope('Max rate limit reached, please use API Key for higher rate limit'),
      kind: 'throttled',
      retryAfterMs: 1_000,
    },
    {
      name: 'B114: the second’s limit',
      status: 200,
      body: nope('Max calls per sec rate limit reached (3/sec)'),
      kind: 'throttled',
      retryAfterMs: 1_000,
    },
    {
      name: 'the day’s limit, which no second renews',
      status: 200,
      body: nope('Max daily rate limit reached. 100000 (100%) of 100000 day/limit'),
      kind: 'exhausted',
      retryAfterMs: 3_600_000,
    },
    { name: 'a bad key', status: 200, body: nope('Invalid API Key (#err2)|ethereum-'), kind: 'revoked' },
    {
      name: 'too many bad keys: a block of half a minute',
      status: 200,
      body: nope('Too many invalid api key attempts, please try again later'),
      kind: 'throttled',
      retryAfterMs: 30_000,
    },
    {
      name: 'a bad key that a good answer hides',
      status: 200,
      body: {
        status: '1',
        message: 'OK-Missing/Invalid API Key, rate limit of 1/5sec applied',
        result: '40891626854930000000000',
      },
      kind: 'revoked',
    },
    { name: 'an address', status: 200, body: nope('Error! Invalid address format'), kind: 'invalid' },
    {
      name: 'a range that is too wide',
      status: 200,
      body: nope('Query Timeout occured. Please select a smaller result dataset'),
      kind: 'invalid',
    },
    {
      name: 'JSON-RPC that is good',
      status: 200,
      body: { jsonrpc: '2.0', id: 1, result: '0x10d4f' },
      kind: 'ok',
    },
    {
      name: 'JSON-RPC that fails',
      status: 200,
      body: { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'invalid argument 0' } },
      kind: 'invalid',
      code: '-32602',
    },
    {
      name: 'JSON-RPC throttled, in the other form',
      status: 200,
      body: nope('Max calls per sec rate limit reached (5/sec)'),
      kind: 'throttled',
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(understood('etherscan', row)).toStrictEqual(row)
  })
})

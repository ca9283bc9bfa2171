import { quickbooksPolls } from './quickbooks-polls.ts'
import type { Provider } from './provider.ts'

export const quickbooks = {
  id: 'quickbooks',
  displayName: 'QuickBooks Online',
  checkedOn: '2026-11-20',
  docs: [
    'https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks',
    'https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://quickbooks.api.intuit.com/v3/company/{realmId}',
    otherBaseUrls: { sandbox: 'https://sandbox-quickbooks.api.intuit.com/v3/company/{realmId}' },
    // Without it the answer is XML.
    headers: { accept: 'application/json' },
    query: { minorversion: '75' },
    errors: {
      always: 'json',
      // Faults of the gateway are spelt small.
      code: [{ pointer: '/Fault/Error/*/code' }, { pointer: '/fault/error/*/code' }],
      message: [{ pointer: '/Fault/Error/0/Message' }, { pointer: '/fault/error/0/message' }],
      // A batch with good items is its reader's.
      inside: [{ pointer: '/Fault/Error/0' }, { pointer: '/fault/error/0' }],
      rules: [
        { means: 'throttled', code: ['3001', '003001'] },
        { means: 'throttled', message: 'ThrottleExceeded' },
        { means: 'expired', code: ['3200', '003200'] },
        { means: 'revoked', code: ['120', '3100', '003100'] },
        { means: 'forbidden', code: ['3202', '5020'] },
        { means: 'payment', code: ['6190'] },
        // The SyncToken is an old one.
        { means: 'conflict', code: ['5010'] },
        { means: 'missing', code: ['610'] },
        { means: 'unavailable', code: ['10000'] },
      ],
      throttleWaitMs: 60_000,
    },
    limits: [
      { scope: 'connection', limit: 500, windowMs: 60_000 },
      { scope: 'connection', limit: 10, windowMs: 1_000 },
      { scope: 'connection', path: '/batch$', limit: 40, windowMs: 60_000 },
    ],
    idempotency: { place: { query: 'requestid' }, methods: ['POST'], maxCharacters: 50 },
    requestId: [{ header: 'intuit_tid' }],
    concurrency: { kind: 'field', field: 'SyncToken' },
    // What was deleted or merged is not there any more.
    thin: [
      {
        types: String.raw`qbo\.(?<entity>[a-z]+)\.(?!deleted|merged)[a-z]+\.v\d+`,
        path: '/{entity}/{id}',
        values: { id: '/intuitentityid' },
      },
      {
        types: String.raw`\w+\.(?!Delete|Merge)\w+`,
        path: '/{name}/{id}',
        values: { name: '/name', id: '/id' },
      },
    ],
    pages: {
      // In it, the items are under the entity's own name.
      default: {
        kind: 'query-words',
        query: 'query',
        start: 'STARTPOSITION',
        first: 1,
        items: '/QueryResponse',
        size: 'MAXRESULTS',
        max: 1_000,
      },
    },
  },
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      // The verifier token as it is shown, not decoded.
      key: { encoding: 'utf8' },
      signature: { header: 'intuit-signature', encoding: 'base64', format: { kind: 'plain' } },
      signed: ['{body}'],
    },
    body: 'json',
    // Anything but a 200 within three seconds holds back what comes after it.
    ack: { status: 200, body: 'empty' },
    deliveryKey: [],
    eventType: [],
    // CloudEvents since 2026, and the form before them, which names no event but its parts.
    batches: [
      {
        elements: '/*',
        deliveryKey: [{ pointer: '/id' }],
        eventType: [[{ pointer: '/type' }]],
        eventTime: [{ pointer: '/time', unit: 'iso' }],
        externalId: [{ pointer: '/intuitaccountid' }],
      },
      {
        elements: '/eventNotifications/*/dataChangeEvent/entities/*',
        deliveryKey: [
          [
            { outer: '/realmId' },
            { pointer: '/name' },
            { pointer: '/id' },
            { pointer: '/operation' },
            { pointer: '/lastUpdated' },
          ],
        ],
        eventType: [[{ pointer: '/name' }, { pointer: '/operation' }]],
        eventTime: [{ pointer: '/lastUpdated', unit: 'iso' }],
        externalId: [{ outer: '/realmId' }],
      },
    ],
  },
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://appcenter.intuit.com/connect/oauth2',
    tokenUrl: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    revokeUrl: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    clientAuth: 'basic',
    // Asks for `x_refresh_token_hard_expires_in`: when the whole grant ends, five years after the user's consent.
    tokenHeaders: { 'x-include-refresh-token-hard-expires-in': 'true' },
    pkce: false,
    scopes: { separator: ' ', default: ['com.intuit.quickbooks.accounting'] },
    // The value changes about daily; the one before it lives a day longer.
    rotation: { kind: 'grace', graceMs: 86_400_000 },
    defaultLifetimeSeconds: 3_600,
    hardExpiryDays: 1_825,
    account: { query: 'realmId' },
  },
  polls: quickbooksPolls,
} as const satisfies Provider

import type { Provider } from './provider.ts'

export const quickbooks = {
  id: 'quickbooks',
  displayName: 'QuickBooks Online',
  checkedOn: '2026-11-20',
  docs: ['https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks'],
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
} as const satisfies Provider

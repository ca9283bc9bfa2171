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
} as const satisfies Provider

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
    // A delivery holds many changes: an array of CloudEvents, or the older `eventNotifications`.
    deliveryKey: [],
    eventType: [[{ pointer: '/0/type' }]],
    eventTime: { pointer: '/0/time', unit: 'iso' },
  },
} as const satisfies Provider

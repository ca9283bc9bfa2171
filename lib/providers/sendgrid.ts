import type { Provider } from './provider.ts'

export const sendgrid = {
  id: 'sendgrid',
  displayName: 'SendGrid',
  checkedOn: '2026-11-20',
  docs: [
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  ],
  webhooks: {
    // The secret is the public key that SendGrid shows for the webhook.
    scheme: {
      kind: 'ecdsa',
      signature: { header: 'x-twilio-email-event-webhook-signature' },
      timestamp: { header: 'x-twilio-email-event-webhook-timestamp', unit: 's' },
      signed: ['{timestamp}', '{body}'],
    },
    body: 'json',
    deliveryKey: [],
    eventType: [],
    batches: [
      {
        elements: '/*',
        deliveryKey: [{ pointer: '/sg_event_id' }],
        eventType: [[{ pointer: '/event' }]],
        eventTime: [{ pointer: '/timestamp', unit: 's' }],
      },
    ],
    redact: ['/email', '/ip', '/useragent', '/*/email', '/*/ip', '/*/useragent'],
  },
  keys: [{ headers: { authorization: 'Bearer {key}' } }],
} as const satisfies Provider

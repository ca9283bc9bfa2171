import type { Provider } from './provider.ts'

export const sendgrid = {
  id: 'sendgrid',
  displayName: 'SendGrid',
  checkedOn: '2026-11-20',
  docs: [
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
    'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.sendgrid.com/v3',
    otherBaseUrls: { eu: 'https://api.eu.sendgrid.com/v3' },
    // Without it a 406.
    headers: { accept: 'application/json' },
    errors: {
      code: [{ pointer: '/errors/*/error_id' }, { pointer: '/errors/*/field' }],
      message: [{ pointer: '/errors/0/message' }, { pointer: '/error' }],
      rules: [
        // "Too many bad requests": a block for a while.
        { means: 'throttled', status: [403], message: 'too many', waitMs: 60_000 },
        {
          means: 'exhausted',
          message: 'maximum credits exceeded|exceeded your messaging limits',
          waitMs: 3_600_000,
        },
      ],
      statuses: { 401: 'revoked' },
    },
    rateHeaders: [
      {
        limit: 'x-ratelimit-limit',
        remaining: 'x-ratelimit-remaining',
        reset: { header: 'x-ratelimit-reset', unit: 'epoch-s' },
      },
    ],
    // A 202 says that the mail is queued, no more.
    requestId: [{ header: 'x-message-id' }],
    pages: { default: { kind: 'offset', offset: 'offset', items: '', size: 'limit', max: 500 } },
    lists: { results: '/results', templates: '/result' },
  },
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

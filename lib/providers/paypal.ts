import type { Provider } from './provider.ts'

export const paypal = {
  id: 'paypal',
  displayName: 'PayPal',
  checkedOn: '2026-11-21',
  docs: [
    'https://developer.paypal.com/api/rest/webhooks/rest/',
    'https://developer.paypal.com/docs/api/webhooks/v1/',
  ],
  webhooks: {
    // The secret is the id of the webhook; it is one of the signed parts.
    scheme: {
      kind: 'certificate',
      certificate: {
        header: 'paypal-cert-url',
        from: [
          'https://api.paypal.com/v1/notifications/certs/',
          'https://api.sandbox.paypal.com/v1/notifications/certs/',
          'https://api-m.paypal.com/v1/notifications/certs/',
          'https://api-m.sandbox.paypal.com/v1/notifications/certs/',
        ],
        subjectEnds: '.paypal.com',
      },
      algorithm: { header: 'paypal-auth-algo', value: 'SHA256withRSA' },
      signature: { header: 'paypal-transmission-sig' },
      id: { header: 'paypal-transmission-id' },
      timestamp: { header: 'paypal-transmission-time' },
      postback: [
        {
          certificates: 'https://api.sandbox.paypal.com/',
          url: 'https://api-m.sandbox.paypal.com/v1/notifications/verify-webhook-signature',
        },
        {
          certificates: 'https://api-m.sandbox.paypal.com/',
          url: 'https://api-m.sandbox.paypal.com/v1/notifications/verify-webhook-signature',
        },
        {
          certificates: 'https://api',
          url: 'https://api-m.paypal.com/v1/notifications/verify-webhook-signature',
        },
      ],
      signed: ['{id}', '|', '{timestamp}', '|', '{secret}', '|', '{crc32}'],
    },
    secretSuffix: 'WEBHOOK_ID',
    body: 'json',
    deliveryKey: [{ pointer: '/id' }],
    eventType: [[{ pointer: '/event_type' }]],
    eventTime: [{ pointer: '/create_time', unit: 'iso' }],
    externalId: [{ pointer: '/resource/payee/merchant_id' }],
    redact: [
      '/resource/payer',
      '/resource/payee/email_address',
      '/resource/shipping_address',
      '/resource/subscriber',
      '/resource/billing_address',
      '/resource/purchase_units/*/shipping',
    ],
  },
  auth: {
    kind: 'client-credentials',
    tokenUrl: 'https://api-m.paypal.com/v1/oauth2/token',
    clientAuth: 'basic',
    defaultLifetimeSeconds: 28_800,
  },
} as const satisfies Provider

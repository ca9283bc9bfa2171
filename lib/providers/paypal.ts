import { paypalPolls } from './paypal-polls.ts'
import type { Provider } from './provider.ts'

export const paypal = {
  id: 'paypal',
  displayName: 'PayPal',
  checkedOn: '2026-11-21',
  docs: [
    'https://developer.paypal.com/api/rest/webhooks/rest/',
    'https://developer.paypal.com/docs/api/webhooks/v1/',
    'https://developer.paypal.com/api/rest/responses/',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api-m.paypal.com',
    otherBaseUrls: { sandbox: 'https://api-m.sandbox.paypal.com' },
    errors: {
      always: 'json',
      code: [{ pointer: '/details/*/issue' }, { pointer: '/name' }, { pointer: '/error' }],
      message: [
        { pointer: '/details/0/description' },
        { pointer: '/message' },
        { pointer: '/error_description' },
      ],
      inside: [{ pointer: '/verification_status', equals: 'FAILURE' }],
      rules: [
        { means: 'throttled', code: ['RATE_LIMIT_REACHED', 'RATE_LIMIT_VALIDATION_FAILURES'] },
        {
          means: 'unavailable',
          code: ['PREVIOUS_REQUEST_IN_PROGRESS', 'INTERNAL_SERVER_ERROR', 'INTERNAL_SERVICE_ERROR'],
        },
        { means: 'expired', code: ['invalid_token', 'AUTHENTICATION_FAILURE'] },
        { means: 'revoked', code: ['invalid_client'] },
        { means: 'payment', code: ['INSTRUMENT_DECLINED', 'PAYER_CANNOT_PAY', 'INSUFFICIENT_FUNDS'] },
        { means: 'forbidden', code: ['NOT_AUTHORIZED', 'PERMISSION_DENIED'] },
        { means: 'missing', code: ['INVALID_RESOURCE_ID', 'RESOURCE_NOT_FOUND'] },
        { means: 'invalid', code: ['PAYPAL_REQUEST_ID_PREVIOUSLY_USED', 'DUPLICATE_INVOICE_ID'] },
      ],
      throttleWaitMs: 30_000,
    },
    // How many calls are let through is not published.
    idempotency: { place: { header: 'paypal-request-id' }, methods: ['POST'], maxCharacters: 108 },
    requestId: [{ header: 'paypal-debug-id' }, { pointer: '/debug_id' }],
    pages: {
      default: { kind: 'page', page: 'page', first: 1, items: '/items', size: 'page_size', max: 20 },
      events: {
        kind: 'next-url',
        next: '/links',
        rel: 'next',
        items: '/events',
      },
      transactions: {
        kind: 'page',
        page: 'page',
        first: 1,
        last: '/total_pages',
        items: '/transaction_details',
        size: 'page_size',
        max: 500,
      },
    },
    lists: { plans: '/plans', products: '/products' },
  },
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
  polls: paypalPolls,
} as const satisfies Provider

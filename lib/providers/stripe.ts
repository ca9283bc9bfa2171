import type { Provider } from './provider.ts'

export const stripe = {
  id: 'stripe',
  displayName: 'Stripe',
  checkedOn: '2026-11-20',
  docs: ['https://docs.stripe.com/webhooks', 'https://docs.stripe.com/webhooks/signature'],
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      // The whole `whsec_...` text is the key; it is not base64.
      key: { encoding: 'utf8' },
      signature: {
        header: 'stripe-signature',
        encoding: 'hex',
        format: { kind: 'pairs', separator: ',', key: 'v1' },
      },
      timestamp: { key: 't', unit: 's' },
      signed: ['{timestamp}', '.', '{body}'],
    },
    body: 'json',
    deliveryKey: [{ pointer: '/id' }],
    eventType: [[{ pointer: '/type' }]],
    // A snapshot event has seconds, a thin one (`v2.core.event`) text.
    eventTime: [
      { pointer: '/created', unit: 's' },
      { pointer: '/created', unit: 'iso' },
    ],
    // An event destination on a partner bus: `aws.partner/stripe.com/{its id}`.
    bus: { sources: ['aws.partner/stripe.com'] },
    // Connect: the connected account.
    externalId: [{ pointer: '/account' }, { pointer: '/context' }],
    // Counts the deliveries still open, so it differs between two deliveries of one event.
    volatile: ['/pending_webhooks'],
    redact: [
      '/data/object/receipt_email',
      '/data/object/customer_email',
      '/data/object/customer_details',
      '/data/object/billing_details',
      '/data/object/shipping',
      '/data/object/email',
      '/data/object/phone',
      '/data/object/name',
      '/data/object/address',
      '/data/object/client_secret',
    ],
  },
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://connect.stripe.com/oauth/authorize',
    tokenUrl: 'https://connect.stripe.com/oauth/token',
    revokeUrl: 'https://connect.stripe.com/oauth/deauthorize',
    revocation: {
      method: 'POST',
      who: 'secret',
      fields: { client_id: 'client_id', stripe_user_id: 'account' },
    },
    clientAuth: 'body',
    pkce: false,
    scopes: { separator: ' ', default: ['read_write'] },
    rotation: { kind: 'none' },
    account: { pointer: '/stripe_user_id' },
    extras: { publishable_key: '/stripe_publishable_key', livemode: '/livemode' },
  },
  // A secret or a restricted key.
  keys: [{ headers: { authorization: 'Bearer {key}' } }],
} as const satisfies Provider

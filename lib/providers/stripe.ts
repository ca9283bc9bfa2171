import { stripePolls } from './stripe-polls.ts'
import { stripeKeeper } from './keepers.ts'
import type { Provider } from './provider.ts'

export const stripe = {
  id: 'stripe',
  displayName: 'Stripe',
  checkedOn: '2026-11-20',
  docs: [
    'https://docs.stripe.com/webhooks',
    'https://docs.stripe.com/webhooks/signature',
    'https://docs.stripe.com/rate-limits',
    'https://docs.stripe.com/api/errors',
  ],
  api: {
    // What is not a snapshot says no more than which event it is.
    thin: [{ types: String.raw`v[12]\..+`, path: '/v2/core/events/{id}', values: { id: '/id' } }],
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.stripe.com',
    otherBaseUrls: { files: 'https://files.stripe.com' },
    errors: {
      always: 'json',
      code: [
        { pointer: '/error/code' },
        { pointer: '/error/type' },
        { pointer: '/error/decline_code' },
        { header: 'stripe-rate-limited-reason' },
      ],
      message: [{ pointer: '/error/message' }],
      rules: [
        { means: 'unavailable', code: ['lock_timeout', 'idempotency_key_in_use'] },
        { means: 'revoked', code: ['api_key_expired', 'platform_api_key_expired', 'account_invalid'] },
        { means: 'missing', code: ['resource_missing'] },
        { means: 'invalid', code: ['idempotency_error'] },
      ],
      // A secret key, or a connected account's token, does not expire.
      statuses: { 401: 'revoked', 409: 'unavailable', 424: 'unavailable' },
      shouldRetry: { header: 'stripe-should-retry', yes: 'true', no: 'false' },
    },
    // Live; a sandbox has 25. An endpoint has 25 of its own, unless its page says otherwise.
    limits: [
      { scope: 'connection', limit: 100, windowMs: 1_000 },
      { scope: 'connection', path: '^/v1/(?:files|[a-z_]+/search)', limit: 20, windowMs: 1_000 },
    ],
    idempotency: {
      place: { header: 'idempotency-key' },
      methods: ['POST'],
      maxCharacters: 255,
      drawn: '^stripe-node-retry-',
      hours: 24,
    },
    requestId: [{ header: 'request-id' }],
    pages: {
      default: {
        kind: 'keyset',
        after: 'starting_after',
        id: '/id',
        hasMore: '/has_more',
        items: '/data',
        size: 'limit',
        max: 100,
      },
      search: { kind: 'cursor', cursor: 'page', next: '/next_page', items: '/data', size: 'limit', max: 100 },
    },
  },
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
  polls: stripePolls,
  keeper: stripeKeeper,
  // Its object is at `related_object.url` of what is there.
} as const satisfies Provider

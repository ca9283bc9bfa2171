import { leaflinkPolls } from './leaflink-polls.ts'
import type { Provider } from './provider.ts'

export const leaflink = {
  id: 'leaflink',
  displayName: 'LeafLink',
  checkedOn: '2026-11-20',
  docs: ['https://developer.leaflink.com', 'https://developer.leaflink.com/legacy/v2/api/authorization'],
  api: {
    checkedOn: '2026-11-21',
    // Paths end with a slash here (else 400), and must not at `next` (else 404), which takes a token as `Bearer`.
    baseUrl: 'https://app.leaflink.com/api/v2',
    otherBaseUrls: { sandbox: 'https://www.sandbox.leaflink.com/api/v2', next: 'https://api.leaflink.com' },
    headers: { accept: 'application/json', 'leaflink-version': '2022-10-31', 'user-agent': 'sluice' },
    errors: {
      always: 'json',
      code: [{ pointer: '/code' }],
      message: [{ pointer: '/detail' }, { pointer: '/non_field_errors/0' }, { pointer: '/0' }],
      // Django's wording of a 429: "Request was throttled. Expected available in 12 seconds."
      rules: [{ means: 'throttled', message: 'request was throttled' }],
      statuses: { 401: 'revoked' },
    },
    // Counted for the owner of the key, over all of its keys.
    limits: [
      { scope: 'connection', limit: 300, windowMs: 60_000 },
      { scope: 'connection', limit: 8, windowMs: 1_000 },
    ],
    rateHeaders: [
      {
        limit: 'ratelimit-limit',
        remaining: 'ratelimit-remaining',
        reset: { header: 'ratelimit-reset', unit: 's' },
      },
      { limit: 'x-ratelimit-limit-minute', remaining: 'x-ratelimit-remaining-minute' },
    ],
    pages: {
      default: {
        kind: 'offset',
        offset: 'offset',
        total: '/count',
        items: '/results',
        size: 'limit',
        max: 100,
      },
      next: {
        kind: 'page',
        page: 'page',
        first: 1,
        next: '/next',
        items: '/results',
        size: 'page_size',
        max: 500,
      },
    },
  },
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: { header: 'll-signature', encoding: 'base64', format: { kind: 'plain' } },
      signed: ['{body}'],
    },
    body: 'json',
    // Neither an id nor the shape of the payload is published.
    deliveryKey: [],
    eventType: [[{ pointer: '/event' }], [{ pointer: '/type' }]],
  },
  // An app's key, a user's, and the token of the newer API.
  keys: [
    { headers: { authorization: 'App {key}' } },
    { headers: { authorization: 'Token {token}' } },
    { headers: { authorization: 'Bearer {jwt}' } },
  ],
  polls: leaflinkPolls,
} as const satisfies Provider

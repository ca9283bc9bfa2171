import type { Provider } from './provider.ts'

export const leaflink = {
  id: 'leaflink',
  displayName: 'LeafLink',
  checkedOn: '2026-11-20',
  docs: ['https://developer.leaflink.com'],
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
} as const satisfies Provider

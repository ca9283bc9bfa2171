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
  auth: { kind: 'api-key', place: { header: 'authorization', prefix: 'App ' } },
} as const satisfies Provider

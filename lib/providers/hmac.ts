import type { Provider } from './provider.ts'

/**
 * Any sender that signs with an HMAC. This is the commonest form (hex SHA-256 of the body); an endpoint in
 * `sluice.config.ts` replaces the scheme by its own.
 */
export const hmac = {
  id: 'hmac',
  displayName: 'Any HMAC',
  checkedOn: '2026-11-20',
  docs: ['https://www.rfc-editor.org/rfc/rfc2104'],
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: { header: 'x-signature', encoding: 'hex', format: { kind: 'plain' } },
      signed: ['{body}'],
    },
    body: 'raw',
    deliveryKey: [],
    eventType: [[{ pointer: '/type' }], [{ pointer: '/event' }]],
  },
} as const satisfies Provider

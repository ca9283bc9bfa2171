import type { Provider } from './provider.ts'

export const mycarrierpackets = {
  id: 'mycarrierpackets',
  displayName: 'MyCarrierPackets',
  checkedOn: '2026-11-20',
  docs: ['https://www.mycarrierpackets.com/api-documentation'],
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: { header: 'mcp-signature', encoding: 'hex', format: { kind: 'plain' } },
      signed: ['{body}'],
    },
    body: 'json',
    // No id is published.
    deliveryKey: [],
    eventType: [[{ pointer: '/eventType' }], [{ header: 'mcp-event' }]],
    eventTime: [{ pointer: '/eventDateTime', unit: 'iso' }],
    keepHeaders: ['mcp-event'],
  },
  auth: {
    kind: 'password',
    // The packet as PDF has a token endpoint of its own, https://mycarrierpackets.com/api/token.
    tokenUrl: 'https://api.mycarrierpackets.com/token',
    clientAuth: 'none',
    defaultLifetimeSeconds: 3_600,
  },
} as const satisfies Provider

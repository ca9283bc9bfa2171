import type { Provider } from './provider.ts'

/** Everyone who signs by the Standard Webhooks specification, Svix and its customers included. */
export const standardWebhooks = {
  id: 'standard-webhooks',
  displayName: 'Standard Webhooks',
  checkedOn: '2026-11-20',
  docs: [
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    'https://docs.svix.com/receiving/verifying-payloads/how-manual',
  ],
  webhooks: {
    scheme: {
      kind: 'any',
      of: [
        {
          kind: 'hmac',
          algorithm: 'sha256',
          key: { encoding: 'base64', prefix: 'whsec_' },
          signature: {
            header: 'webhook-signature',
            encoding: 'base64',
            format: { kind: 'list', separator: ' ', prefix: 'v1,' },
          },
          id: { header: 'webhook-id' },
          timestamp: { header: 'webhook-timestamp', unit: 's' },
          signed: ['{id}', '.', '{timestamp}', '.', '{body}'],
          aliases: [
            { from: 'svix-id', to: 'webhook-id' },
            { from: 'svix-timestamp', to: 'webhook-timestamp' },
            { from: 'svix-signature', to: 'webhook-signature' },
          ],
        },
        {
          // Asymmetric: the secret is the sender's public key.
          kind: 'ed25519',
          key: { prefix: 'whpk_' },
          signature: {
            header: 'webhook-signature',
            format: { kind: 'list', separator: ' ', prefix: 'v1a,' },
          },
          id: { header: 'webhook-id' },
          timestamp: { header: 'webhook-timestamp', unit: 's' },
          signed: ['{id}', '.', '{timestamp}', '.', '{body}'],
        },
      ],
    },
    body: 'json',
    deliveryKey: [{ header: 'webhook-id' }],
    eventType: [[{ pointer: '/type' }], [{ pointer: '/event_type' }]],
    eventTime: [{ pointer: '/timestamp', unit: 'iso' }],
    keepHeaders: ['webhook-id'],
  },
} as const satisfies Provider

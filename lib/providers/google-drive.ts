import type { Provider } from './provider.ts'

export const googleDrive = {
  id: 'google-drive',
  displayName: 'Google Drive',
  checkedOn: '2026-11-20',
  docs: ['https://developers.google.com/workspace/drive/api/guides/push'],
  webhooks: {
    // Nothing is signed: the channel's own token is the only proof, so it must be random and long.
    scheme: { kind: 'token', header: 'x-goog-channel-token' },
    body: 'raw',
    ignore: [{ header: 'x-goog-resource-state', equals: 'sync' }],
    deliveryKey: [[{ header: 'x-goog-channel-id' }, { header: 'x-goog-message-number' }]],
    eventType: [[{ header: 'x-goog-resource-state' }]],
    externalId: [{ header: 'x-goog-channel-id' }],
    keepHeaders: [
      'x-goog-changed',
      'x-goog-channel-id',
      'x-goog-channel-expiration',
      'x-goog-message-number',
      'x-goog-resource-id',
      'x-goog-resource-state',
      'x-goog-resource-uri',
    ],
  },
} as const satisfies Provider

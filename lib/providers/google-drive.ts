import { googleErrors } from './google-answers.ts'
import { googleDrivePolls } from './google-drive-polls.ts'
import { googleDriveKeeper } from './keepers.ts'
import type { Provider } from './provider.ts'

export const googleDrive = {
  id: 'google-drive',
  displayName: 'Google Drive',
  checkedOn: '2026-11-20',
  docs: [
    'https://developers.google.com/workspace/drive/api/guides/push',
    'https://developers.google.com/workspace/drive/api/guides/limits',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://www.googleapis.com/drive/v3',
    otherBaseUrls: { upload: 'https://www.googleapis.com/upload/drive/v3' },
    errors: googleErrors,
    // Units of quota, for projects made since May 2026: a list counts 100, a download 200, most else 5 or 50.
    limits: [
      { scope: 'connection', limit: 325_000, windowMs: 60_000, cost: 100 },
      { scope: 'app', limit: 1_000_000, windowMs: 60_000, cost: 100 },
    ],
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'pageToken',
        next: '/nextPageToken',
        items: '/files',
        size: 'pageSize',
        max: 1_000,
      },
    },
    lists: { changes: '/changes', permissions: '/permissions' },
  },
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
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revokeUrl: 'https://oauth2.googleapis.com/revoke',
    clientAuth: 'body',
    pkce: true,
    scopes: {
      separator: ' ',
      default: ['openid', 'email', 'https://www.googleapis.com/auth/drive.readonly'],
    },
    // Without `consent` a second connect brings no refresh token.
    authorizeParams: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    rotation: { kind: 'none' },
    defaultLifetimeSeconds: 3_600,
    account: { claim: 'sub' },
  },
  polls: googleDrivePolls,
  keeper: googleDriveKeeper,
} as const satisfies Provider

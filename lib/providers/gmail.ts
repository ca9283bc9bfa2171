import { googleErrors } from './google-answers.ts'
import { gmailPolls } from './gmail-polls.ts'
import { gmailKeeper } from './keepers.ts'
import type { Provider } from './provider.ts'

/** Gmail's watch, pushed by Google Cloud Pub/Sub. It says that a mailbox changed, not how. */
export const gmail = {
  id: 'gmail',
  displayName: 'Gmail',
  checkedOn: '2026-11-21',
  docs: [
    'https://developers.google.com/workspace/gmail/api/guides/push',
    'https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions',
    'https://developers.google.com/workspace/gmail/api/reference/quota',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://gmail.googleapis.com/gmail/v1',
    // A `startHistoryId` that is too old is a 404.
    errors: { ...googleErrors, staleCursor: [404] },
    // Units of quota, for projects made since May 2026; those before it have 15,000 for a user.
    limits: [
      { scope: 'connection', limit: 6_000, windowMs: 60_000, cost: 5 },
      { scope: 'app', limit: 1_200_000, windowMs: 60_000, cost: 5 },
    ],
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'pageToken',
        next: '/nextPageToken',
        items: '/messages',
        size: 'maxResults',
        max: 500,
      },
    },
    lists: { history: '/history', threads: '/threads', drafts: '/drafts' },
  },
  webhooks: {
    // The secret is the subscription's audience and its service account: `https://hooks.example.com/gmail push@….com`.
    scheme: {
      kind: 'oidc',
      issuers: ['https://accounts.google.com', 'accounts.google.com'],
      jwks: 'https://www.googleapis.com/oauth2/v3/certs',
    },
    secretSuffix: 'PUSH_IDENTITY',
    body: 'json',
    // Pub/Sub takes 102, 200, 201, 202 and 204 for an acknowledgement.
    ack: { status: 204, body: 'empty' },
    wrapped: { pointer: '/message/data', encoding: 'base64' },
    deliveryKey: [{ pointer: '/message/messageId' }],
    eventType: [],
    eventTime: [{ pointer: '/message/publishTime', unit: 'iso' }],
    externalId: [{ inside: '/emailAddress' }],
    redact: ['/emailAddress'],
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
      default: ['openid', 'email', 'https://www.googleapis.com/auth/gmail.readonly'],
    },
    // Without `consent` a second connect brings no refresh token.
    authorizeParams: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    rotation: { kind: 'none' },
    defaultLifetimeSeconds: 3_600,
    account: { claim: 'sub' },
  },
  polls: gmailPolls,
  keeper: gmailKeeper,
} as const satisfies Provider

import { googleErrors } from './google-answers.ts'
import { googleCalendarPolls } from './google-calendar-polls.ts'
import { googleCalendarKeeper } from './keepers.ts'
import type { Provider } from './provider.ts'

export const googleCalendar = {
  id: 'google-calendar',
  displayName: 'Google Calendar',
  checkedOn: '2026-11-20',
  docs: [
    'https://developers.google.com/workspace/calendar/api/guides/push',
    'https://developers.google.com/workspace/calendar/api/guides/quota',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://www.googleapis.com/calendar/v3',
    errors: googleErrors,
    limits: [
      { scope: 'connection', limit: 600, windowMs: 60_000 },
      { scope: 'app', limit: 10_000, windowMs: 60_000 },
    ],
    concurrency: { kind: 'etag' },
    // The last page has `nextSyncToken`; a token that is too old is a 410.
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'pageToken',
        next: '/nextPageToken',
        items: '/items',
        size: 'maxResults',
        max: 2_500,
      },
    },
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
      default: ['openid', 'email', 'https://www.googleapis.com/auth/calendar.events'],
    },
    // Without `consent` a second connect brings no refresh token.
    authorizeParams: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    rotation: { kind: 'none' },
    defaultLifetimeSeconds: 3_600,
    account: { claim: 'sub' },
  },
  polls: googleCalendarPolls,
  keeper: googleCalendarKeeper,
} as const satisfies Provider

import type { Keepers } from './keeper.ts'

const dayMs = 86_400_000
const channel = {
  kind: 'channel',
  stop: { path: '/channels/stop' },
  taken: 'channelIdNotUnique',
  lifeMs: 7 * dayMs,
  renewBeforeMs: dayMs,
  overlapMs: 600_000,
} as const

/** @see https://developers.google.com/workspace/calendar/api/guides/push */
export const googleCalendarKeeper = {
  events: { ...channel, watch: { path: '/calendars/{calendar}/events/watch' } },
} as const satisfies Keepers

/** Of changes seven days are the most. @see https://developers.google.com/workspace/drive/api/guides/push */
export const googleDriveKeeper = {
  changes: {
    ...channel,
    first: {
      path: '/changes/startPageToken',
      params: { supportsAllDrives: 'true' },
      pointer: '/startPageToken',
      param: 'pageToken',
    },
    watch: { path: '/changes/watch', params: { pageToken: '{pageToken}', supportsAllDrives: 'true' } },
  },
} as const satisfies Keepers

/** Seven days are the most; Google asks for a renewal each day. @see https://developers.google.com/workspace/gmail/api/guides/push */
export const gmailKeeper = {
  mailbox: {
    kind: 'watch',
    path: '/users/me/watch',
    body: { topicName: '{topic}' },
    expiration: '/expiration',
    everyMs: dayMs,
  },
} as const satisfies Keepers

/** @see https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries */
export const githubKeeper = {
  deliveries: { kind: 'deliveries', everyMs: 900_000, keptMs: 3 * dayMs },
  hook: {
    kind: 'endpoint',
    path: '/repos/{owner}/{repo}/hooks/{hook}',
    off: { pointer: '/active', equals: false },
    reason: '/last_response/message',
    everyMs: 3_600_000,
  },
} as const satisfies Keepers

/** @see https://docs.stripe.com/api/webhook_endpoints/object */
export const stripeKeeper = {
  endpoint: {
    kind: 'endpoint',
    path: '/v1/webhook_endpoints/{endpoint}',
    off: { pointer: '/status', equals: 'disabled' },
    everyMs: 3_600_000,
  },
} as const satisfies Keepers

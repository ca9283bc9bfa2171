import { mixpanelPolls } from './mixpanel-polls.ts'
import type { Provider } from './provider.ts'

export const mixpanel = {
  id: 'mixpanel',
  displayName: 'Mixpanel',
  checkedOn: '2026-11-20',
  docs: [
    'https://docs.mixpanel.com/docs/cohort-sync/webhooks',
    'https://docs.mixpanel.com/troubleshooting/errors/400-bad-request',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.mixpanel.com',
    otherBaseUrls: {
      eu: 'https://api-eu.mixpanel.com',
      india: 'https://api-in.mixpanel.com',
      export: 'https://data.mixpanel.com/api/2.0',
      query: 'https://mixpanel.com/api/query',
    },
    errors: {
      code: [{ pattern: '^([a-z_]+)$', at: '/status' }],
      message: [{ pointer: '/error' }, { pointer: '/failed_records/0/message' }],
      // `/track` answers 0 or, if asked to say more, `status: 0`.
      inside: [
        { pattern: String.raw`^0\s*$` },
        { pointer: '/status', equals: 0 },
        { pointer: '/status', equals: 'error' },
      ],
      // A 400 may have taken the good events; it counts against the limit and is not to be sent again.
      statuses: { 401: 'revoked' },
    },
    limits: [
      { scope: 'connection', path: '/export', limit: 60, windowMs: 3_600_000 },
      { scope: 'connection', path: '/export', limit: 3, windowMs: 1_000 },
    ],
    // Of each event: one of the same name, time and user with it is taken once.
    idempotency: { place: { field: '$insert_id' }, methods: ['POST'], maxCharacters: 36 },
    pages: { default: { kind: 'ndjson', items: '', size: 'limit', max: 100_000 } },
  },
  webhooks: {
    scheme: { kind: 'basic' },
    body: 'json',
    ack: { status: 200, body: { fields: { action: { pointer: '/action' }, status: 'success' } } },
    deliveryKey: [
      [
        { pointer: '/parameters/mixpanel_session_id' },
        { pointer: '/parameters/page_info/page_count' },
        { pointer: '/action' },
      ],
    ],
    eventType: [[{ pointer: '/action' }]],
    redact: [
      '/parameters/members/*/email',
      '/parameters/members/*/first_name',
      '/parameters/members/*/last_name',
    ],
  },
  // A service account, which names its project with each call; or the project's own secret.
  keys: [
    { query: { project_id: '{projectId}' }, basic: { user: '{username}', password: '{secret}' } },
    { basic: { user: '{projectSecret}', password: '' } },
  ],
  polls: mixpanelPolls,
} as const satisfies Provider

import type { Provider } from './provider.ts'

export const mixpanel = {
  id: 'mixpanel',
  displayName: 'Mixpanel',
  checkedOn: '2026-11-20',
  docs: ['https://docs.mixpanel.com/docs/cohort-sync/webhooks'],
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
} as const satisfies Provider

import type { Polls } from './polls.ts'

export const sandboxPolls = {
  changes: {
    finds: 'The same changes that webhooks bring.',
    list: { path: '/changes', params: { since: '{since}' } },
    progress: {
      kind: 'time',
      format: 'iso',
      from: [{ pointer: '/changed_at', unit: 'iso' }],
      overlapMs: 600_000,
      order: 'ascending',
    },
    event: {
      keys: 'shared',
      deliveryKey: [{ pointer: '/id' }],
      eventType: [[{ pointer: '/type' }]],
      externalId: [{ pointer: '/account' }],
    },
    version: { pointer: '/data/version' },
    interval: { floorMs: 60_000, usualMs: 60_000, ceilingMs: 300_000 },
    deletes: 'listed',
  },
} as const satisfies Polls

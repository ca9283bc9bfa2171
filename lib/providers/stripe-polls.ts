import type { Polls } from './polls.ts'

export const stripePolls = {
  events: {
    finds:
      'The same events that webhooks bring, those of the account itself, of the last 30 days. Thin events are not among them.',
    list: { path: '/v1/events', params: { 'created[gte]': '{since}' } },
    progress: {
      kind: 'time',
      format: 's',
      from: [{ pointer: '/created', unit: 's' }],
      overlapMs: 600_000,
      maxAgeMs: 2_505_600_000,
      // The newest first, also with `ending_before`.
      order: 'descending',
    },
    event: { keys: 'shared', deliveryKey: [{ pointer: '/id' }], eventType: [[{ pointer: '/type' }]] },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'listed',
  },
} as const satisfies Polls

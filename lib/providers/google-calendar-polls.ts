import type { Polls } from './polls.ts'

export const googleCalendarPolls = {
  events: {
    finds:
      'Events of a calendar as they are now, cancelled ones too. A notification only says that something changed.',
    list: {
      path: '/calendars/{calendar}/events',
      params: { showDeleted: 'true' },
      always: '/kind',
      pageSize: 250,
    },
    progress: {
      kind: 'cursor',
      param: 'syncToken',
      next: { page: '/nextSyncToken' },
      start: 'list',
      expired: [410],
      // A token can't be had of a part of the list.
      resync: { format: 'iso', overlapMs: 3_600_000, from: [{ pointer: '/updated', unit: 'iso' }] },
    },
    event: {
      keys: 'own',
      deliveryKey: [[{ pointer: '/id' }, { pointer: '/etag' }]],
      type: 'event',
      eventType: [[{ pointer: '/status' }]],
      eventTime: [{ pointer: '/updated', unit: 'iso' }],
    },
    version: { pointer: '/updated' },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 86_400_000 },
    deletes: 'listed',
    hints: ['*'],
  },
} as const satisfies Polls

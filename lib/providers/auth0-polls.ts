import type { Polls } from './polls.ts'

export const auth0Polls = {
  logs: {
    finds:
      'The same log entries that a log stream sends, as long as the plan keeps them. Events of an event stream are not among them.',
    list: { path: '/logs', pages: 'logs' },
    progress: {
      kind: 'cursor',
      param: 'from',
      next: { item: '/log_id' },
      start: { path: '/logs', params: { sort: 'date:-1', per_page: '1', page: '0' }, pointer: '/0/log_id' },
      // An entry that is no longer kept.
      expired: [400, 404],
      resync: {
        format: 'iso',
        overlapMs: 600_000,
        // At most a thousand of them.
        list: {
          path: '/logs',
          params: { q: 'date:[{since} TO *]', sort: 'date:1', per_page: '100' },
          pages: 'default',
        },
      },
    },
    event: {
      keys: 'shared',
      deliveryKey: [{ pointer: '/log_id' }],
      eventType: [[{ pointer: '/type' }]],
      eventTime: [{ pointer: '/date', unit: 'iso' }],
    },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'listed',
  },
} as const satisfies Polls

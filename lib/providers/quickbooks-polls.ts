import type { Polls } from './polls.ts'

export const quickbooksPolls = {
  changes: {
    finds:
      'What was created, changed or deleted of one kind of entity. A webhook only says that something changed, in other words, so both are events of their own. Older than 30 days, deletions can not be had.',
    list: {
      path: '/cdc',
      params: { entities: '{entity}', changedSince: '{since}' },
      pages: 'single',
      items: '/CDCResponse/0/QueryResponse/0/{entity}',
      always: '/CDCResponse/0/QueryResponse',
      // Of all kinds together, and the rest is left out in silence.
      cut: {
        at: 1_000,
        instead: {
          path: '/query',
          params: {
            query:
              "select * from {entity} where MetaData.LastUpdatedTime >= '{since}' orderby MetaData.LastUpdatedTime",
          },
          pages: 'default',
          items: '/QueryResponse/{entity}',
        },
      },
    },
    progress: {
      kind: 'time',
      format: 'iso',
      from: [{ pointer: '/MetaData/LastUpdatedTime', unit: 'iso' }],
      overlapMs: 600_000,
      maxAgeMs: 2_588_400_000,
      order: 'none',
      proven: { pointer: '/time' },
    },
    event: {
      keys: 'own',
      deliveryKey: [
        [{ pointer: '/Id' }, { pointer: '/status' }, { pointer: '/MetaData/LastUpdatedTime' }],
        [{ pointer: '/Id' }, { pointer: '/SyncToken' }, { pointer: '/MetaData/LastUpdatedTime' }],
        [{ pointer: '/Id' }, { pointer: '/MetaData/LastUpdatedTime' }],
      ],
      eventType: [[{ param: 'entity' }, { pointer: '/status' }], [{ param: 'entity' }]],
    },
    version: { pointer: '/SyncToken' },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 86_400_000 },
    deletes: 'listed',
    hints: ['*'],
  },
} as const satisfies Polls

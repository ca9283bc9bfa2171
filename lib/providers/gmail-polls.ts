import type { Polls } from './polls.ts'

/** Labels come and go: which time it was says the entry of the history. */
const labelled = [[{ outer: '/id' }, { pointer: '/message/id' }]] as const

export const gmailPolls = {
  history: {
    finds:
      'What was added to a mailbox, deleted from it or labelled anew, by ids. A notification only says that something happened. After a break of a week or more only new messages can be had.',
    list: {
      path: '/users/me/history',
      items: '/history',
      always: '/historyId',
      parts: [
        { at: '/messagesAdded/*', type: 'message.added', deliveryKey: [{ pointer: '/message/id' }] },
        { at: '/messagesDeleted/*', type: 'message.deleted', deliveryKey: [{ pointer: '/message/id' }] },
        { at: '/labelsAdded/*', type: 'labels.added', deliveryKey: labelled },
        { at: '/labelsRemoved/*', type: 'labels.removed', deliveryKey: labelled },
      ],
    },
    progress: {
      kind: 'cursor',
      param: 'startHistoryId',
      // The oldest first.
      next: { item: '/id', page: '/historyId' },
      start: { path: '/users/me/profile', pointer: '/historyId' },
      expired: [404],
      resync: {
        format: 's',
        overlapMs: 3_600_000,
        list: {
          path: '/users/me/messages',
          params: { q: 'after:{since}', includeSpamTrash: 'true' },
          items: '/messages',
          always: '/resultSizeEstimate',
          parts: [{ at: '', type: 'message.added', deliveryKey: [{ pointer: '/id' }] }],
        },
      },
    },
    event: {
      keys: 'own',
      deliveryKey: labelled,
      eventType: [],
    },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 86_400_000 },
    deletes: 'listed',
    hints: ['*'],
  },
} as const satisfies Polls

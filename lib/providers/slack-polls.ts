import type { Polls } from './polls.ts'

export const slackPolls = {
  messages: {
    finds:
      'Messages of a channel, without the answers in threads. A message that was changed or deleted later is not told again.',
    list: {
      path: '/conversations.history',
      params: { channel: '{channel}', oldest: '{since}', inclusive: 'true' },
      pageSize: 200,
      items: '/messages',
    },
    progress: {
      kind: 'time',
      format: 'slack',
      from: [{ pointer: '/ts', unit: 's' }],
      overlapMs: 600_000,
      order: 'descending',
    },
    event: {
      // A list has no ids of events: a message is told apart by its channel and time, here as by webhook.
      keys: 'shared',
      deliveryKey: [[{ pointer: '/type' }, { param: 'channel' }, { pointer: '/ts' }]],
      changeKey: [
        [{ pointer: '/type' }, { pointer: '/subtype' }, { param: 'channel' }, { pointer: '/ts' }],
        [{ pointer: '/type' }, { param: 'channel' }, { pointer: '/ts' }],
      ],
      eventType: [[{ pointer: '/type' }]],
    },
    // An app that is sold outside the Marketplace reads once a minute, 15 messages at a time.
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'never',
  },
} as const satisfies Polls

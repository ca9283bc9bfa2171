import type { Polls } from './polls.ts'

export const googleAnalyticsPolls = {
  'daily-events': {
    finds:
      'How often each event happened on each day. A day is told again when its counts move, for three days.',
    list: {
      path: '/properties/{property}:runReport',
      base: 'data',
      body: {
        json: {
          dateRanges: [{ startDate: '{since}', endDate: '{until}' }],
          dimensions: [{ name: 'date' }, { name: 'eventName' }],
          metrics: [{ name: 'eventCount' }, { name: 'totalUsers' }],
          // Without an order, pages may overlap.
          orderBys: [{ dimension: { dimensionName: 'date' } }, { dimension: { dimensionName: 'eventName' } }],
        },
        take: ['limit', 'offset'],
      },
      pages: 'rows',
      items: '/rows',
      always: '/kind',
      // Reports are made when they are asked for.
      answer: { timeoutMs: 30_000, maxBytes: 20_971_520 },
    },
    progress: {
      kind: 'time',
      format: 'date',
      from: [{ pointer: '/dimensionValues/0/value', unit: 'day' }],
      overlapMs: 259_200_000,
      order: 'none',
    },
    // The whole row: the day, the event and its counts.
    event: { keys: 'own', deliveryKey: [], type: 'daily-event', eventType: [] },
    interval: { floorMs: 900_000, usualMs: 21_600_000, ceilingMs: 86_400_000 },
    deletes: 'never',
  },
} as const satisfies Polls

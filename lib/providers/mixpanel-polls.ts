import type { Polls } from './polls.ts'

export const mixpanelPolls = {
  export: {
    finds:
      'Events that were tracked, day by day. Late ones are found for five days. The webhook of a cohort brings something else.',
    list: {
      path: '/export',
      base: 'export',
      params: { from_date: '{since}', to_date: '{until}' },
      lines: true,
      // A whole day in one answer.
      answer: { timeoutMs: 60_000, maxBytes: 33_554_432 },
    },
    progress: {
      kind: 'time',
      format: 'date',
      from: [{ pointer: '/properties/time', unit: 's' }],
      overlapMs: 432_000_000,
      maxWindowMs: 86_400_000,
      order: 'none',
    },
    event: {
      keys: 'own',
      // What Mixpanel itself takes for one event; the export has it as often as it came.
      deliveryKey: [
        [
          { pointer: '/event' },
          { pointer: '/properties/$insert_id' },
          { pointer: '/properties/distinct_id' },
          { pointer: '/properties/time' },
        ],
        // Without a user.
        [{ pointer: '/event' }, { pointer: '/properties/$insert_id' }, { pointer: '/properties/time' }],
      ],
      type: 'event',
      eventType: [],
    },
    // At most 60 exports an hour, a day each.
    interval: { floorMs: 900_000, usualMs: 3_600_000, ceilingMs: 86_400_000 },
    deletes: 'never',
  },
} as const satisfies Polls

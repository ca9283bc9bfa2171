import type { Polls } from './polls.ts'

export const twilioPolls = {
  messages: {
    finds:
      'Messages in the state that they have by now: that they were queued or sent before is not told any more.',
    list: {
      path: '/2010-04-01/Accounts/{accountSid}/Messages.json',
      // The comparison is a part of the name. Twilio documents days, in UTC.
      params: { 'DateSent>': '{since}' },
    },
    progress: {
      kind: 'time',
      format: 'date',
      from: [{ pointer: '/date_sent', unit: 'rfc2822' }],
      // A receipt may take hours.
      overlapMs: 21_600_000,
      order: 'none',
    },
    event: {
      keys: 'shared',
      deliveryKey: [[{ pointer: '/sid' }, { pointer: '/status' }]],
      eventType: [[{ pointer: '/status' }]],
      eventTime: [
        { pointer: '/date_updated', unit: 'rfc2822' },
        { pointer: '/date_sent', unit: 'rfc2822' },
      ],
      externalId: [{ pointer: '/account_sid' }],
    },
    version: { pointer: '/date_updated' },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'never',
  },
} as const satisfies Polls

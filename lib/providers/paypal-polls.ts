import type { Polls } from './polls.ts'

export const paypalPolls = {
  events: {
    finds: 'The same events that webhooks bring, of the last 30 days.',
    list: {
      path: '/v1/notifications/webhooks-events',
      params: { start_time: '{since}', end_time: '{until}' },
      pages: 'events',
    },
    progress: {
      kind: 'time',
      format: 'iso-s',
      from: [{ pointer: '/create_time', unit: 'iso' }],
      overlapMs: 3_600_000,
      maxWindowMs: 86_400_000,
      maxAgeMs: 2_505_600_000,
      order: 'none',
    },
    event: {
      keys: 'shared',
      deliveryKey: [{ pointer: '/id' }],
      eventType: [[{ pointer: '/event_type' }]],
      externalId: [{ pointer: '/resource/payee/merchant_id' }],
    },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'listed',
  },
  transactions: {
    finds: 'Transactions of the account, up to three hours late. They are no events of webhooks.',
    list: {
      path: '/v1/reporting/transactions',
      params: { start_date: '{since}', end_date: '{until}', fields: 'all' },
      pages: 'transactions',
    },
    progress: {
      kind: 'time',
      format: 'iso-s',
      from: [{ pointer: '/transaction_info/transaction_initiation_date', unit: 'iso' }],
      // The state of an older one may change.
      overlapMs: 259_200_000,
      maxWindowMs: 2_592_000_000,
      maxAgeMs: 94_608_000_000,
      order: 'none',
      proven: { pointer: '/last_refreshed_datetime' },
    },
    event: {
      keys: 'own',
      deliveryKey: [
        [
          { pointer: '/transaction_info/transaction_id' },
          { pointer: '/transaction_info/transaction_event_code' },
          { pointer: '/transaction_info/transaction_status' },
          { pointer: '/transaction_info/transaction_updated_date' },
        ],
        [
          { pointer: '/transaction_info/transaction_id' },
          { pointer: '/transaction_info/transaction_updated_date' },
        ],
      ],
      type: 'transaction',
      eventType: [[{ pointer: '/transaction_info/transaction_event_code' }]],
      eventTime: [
        { pointer: '/transaction_info/transaction_updated_date', unit: 'iso' },
        { pointer: '/transaction_info/transaction_initiation_date', unit: 'iso' },
      ],
    },
    version: { pointer: '/transaction_info/transaction_updated_date' },
    interval: { floorMs: 900_000, usualMs: 3_600_000, ceilingMs: 86_400_000 },
    deletes: 'never',
  },
} as const satisfies Polls

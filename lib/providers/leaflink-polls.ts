import type { PollDeclaration, Polls } from './polls.ts'

const changed = {
  progress: {
    kind: 'time',
    format: 'iso',
    from: [{ pointer: '/modified', unit: 'iso' }],
    overlapMs: 600_000,
    order: 'ascending',
    // Pages have offsets, and what is changed meanwhile moves to the end.
    shifts: true,
  },
  version: { pointer: '/modified' },
  interval: { floorMs: 60_000, usualMs: 300_000, ceilingMs: 21_600_000 },
  deletes: 'never',
  hints: ['*'],
} as const satisfies Omit<PollDeclaration, 'finds' | 'list' | 'event'>

const params = { modified__gte: '{since}', ordering: 'modified' }

export const leaflinkPolls = {
  'orders-received': {
    ...changed,
    finds:
      'Orders that a seller received, as they are now. What webhooks hold is not published, so the two are events of their own.',
    list: { path: '/orders-received/', params },
    event: {
      keys: 'own',
      deliveryKey: [[{ pointer: '/number' }, { pointer: '/modified' }]],
      type: 'order',
      eventType: [[{ pointer: '/status' }]],
    },
  },
  products: {
    ...changed,
    finds: 'Products as they are now.',
    list: { path: '/products/', params },
    event: {
      keys: 'own',
      deliveryKey: [[{ pointer: '/id' }, { pointer: '/modified' }]],
      type: 'product',
      eventType: [],
    },
  },
} as const satisfies Polls

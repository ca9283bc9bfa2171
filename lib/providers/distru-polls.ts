import type { PollDeclaration, Polls } from './polls.ts'

/** Which filters lists know is not published, and one that is not known is ignored: so each list is read whole. */
const whole = {
  progress: {
    kind: 'time',
    format: 'iso',
    from: [{ pointer: '/updated_datetime', unit: 'iso' }],
    overlapMs: 86_400_000,
    order: 'none',
    filter: 'here',
  },
  version: { pointer: '/updated_datetime' },
  interval: { floorMs: 900_000, usualMs: 3_600_000, ceilingMs: 86_400_000 },
  // An item is known by its content, so what has no time is told when it differs.
  deletes: 'never',
} as const satisfies Omit<PollDeclaration, 'finds' | 'list' | 'event'>

export const distruPolls = {
  products: {
    ...whole,
    finds: 'Products that were changed since. The whole list is read each time; there are no webhooks.',
    list: { path: '/products' },
    event: { keys: 'own', deliveryKey: [], type: 'product', eventType: [] },
  },
  orders: {
    ...whole,
    finds: 'Sales orders that were changed since. The whole list is read each time; there are no webhooks.',
    list: { path: '/orders' },
    event: { keys: 'own', deliveryKey: [], type: 'order', eventType: [] },
  },
} as const satisfies Polls

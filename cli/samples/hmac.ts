import { iso } from '#lib/primitives/clock.ts'
import type { Sampler } from './sample.ts'

/** A made-up shop: there is no provider whose form this would have to follow. */
export const hmac: Sampler = {
  defaultType: 'order.created',
  make: ({ type, at, chance }) => ({
    body: {
      id: chance.uuid(),
      type,
      created_at: iso(at),
      data: {
        order: `ord_${chance.integer(1_000, 999_999)}`,
        total: chance.integer(500, 250_000),
        currency: chance.pick(['USD', 'EUR', 'GBP']),
      },
    },
  }),
}

import { iso } from '#lib/primitives/clock.ts'
import type { Sampler } from './sample.ts'

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standardWebhooks: Sampler = {
  defaultType: 'invoice.paid',
  make: ({ type, at, chance }) => ({
    headers: { 'webhook-id': `msg_${chance.text(27)}` },
    body: {
      type,
      timestamp: iso(at),
      data: {
        id: `inv_${chance.text(16)}`,
        amount: chance.integer(500, 250_000),
        currency: chance.pick(['USD', 'EUR', 'GBP']),
        customer: `cus_${chance.text(12)}`,
      },
    },
  }),
}

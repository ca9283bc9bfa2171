import { toSeconds } from '#lib/primitives/clock.ts'
import type { Chance } from './chance.ts'
import type { Sampler } from './sample.ts'

type Fields = Readonly<Record<string, unknown>>

/** @see https://docs.stripe.com/api/events/object */
export const stripe: Sampler = {
  defaultType: 'payment_intent.succeeded',
  make({ type, at, chance }) {
    const created = toSeconds(at)
    return {
      headers: { 'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)' },
      body: {
        id: `evt_${chance.text(24)}`,
        object: 'event',
        api_version: '2026-09-30.clover',
        created,
        data: { object: objectOf(type, created, chance) },
        livemode: false,
        pending_webhooks: 1,
        request: { id: `req_${chance.text(14)}`, idempotency_key: chance.uuid() },
        type,
      },
    }
  },
}

/** `invoice.paid` tells of an invoice, `customer.subscription.created` of a subscription. */
function objectOf(type: string, created: number, chance: Chance): Fields {
  const [kind = 'object', state = ''] = type.split('.').slice(-2)
  return (makers[kind] ?? other(kind))({ created, chance, state })
}

interface Given {
  readonly created: number
  readonly chance: Chance
  readonly state: string
}

const amountOf = (chance: Chance): number => chance.integer(500, 250_000)
const currencyOf = (chance: Chance): string => chance.pick(['usd', 'eur', 'gbp'])
const customerOf = (chance: Chance): string => `cus_${chance.text(14)}`

const makers: Readonly<Record<string, (given: Given) => Fields>> = {
  payment_intent({ created, chance, state }) {
    const amount = amountOf(chance)
    return {
      id: `pi_${chance.text(24)}`,
      object: 'payment_intent',
      amount,
      amount_received: state === 'succeeded' ? amount : 0,
      capture_method: 'automatic',
      created,
      currency: currencyOf(chance),
      customer: customerOf(chance),
      latest_charge: `ch_${chance.text(24)}`,
      livemode: false,
      metadata: { order_id: `ord_${chance.integer(1_000, 99_999)}` },
      payment_method: `pm_${chance.text(24)}`,
      receipt_email: 'jenny.rosen@example.com',
      status: state === 'succeeded' ? 'succeeded' : 'requires_payment_method',
    }
  },
  charge({ created, chance, state }) {
    const amount = amountOf(chance)
    return {
      id: `ch_${chance.text(24)}`,
      object: 'charge',
      amount,
      amount_refunded: state === 'refunded' ? amount : 0,
      billing_details: { email: 'jenny.rosen@example.com', name: 'Jenny Rosen' },
      created,
      currency: currencyOf(chance),
      customer: customerOf(chance),
      paid: state !== 'failed',
      payment_intent: `pi_${chance.text(24)}`,
      refunded: state === 'refunded',
      status: state === 'failed' ? 'failed' : 'succeeded',
    }
  },
  invoice({ created, chance, state }) {
    const amount = amountOf(chance)
    const paid = state === 'paid'
    return {
      id: `in_${chance.text(24)}`,
      object: 'invoice',
      amount_due: amount,
      amount_paid: paid ? amount : 0,
      amount_remaining: paid ? 0 : amount,
      created,
      currency: currencyOf(chance),
      customer: customerOf(chance),
      customer_email: 'jenny.rosen@example.com',
      number: `${chance.text(8).toUpperCase()}-${chance.integer(1, 9_999).toString().padStart(4, '0')}`,
      status: paid ? 'paid' : 'open',
    }
  },
  subscription: ({ created, chance, state }) => ({
    id: `sub_${chance.text(24)}`,
    object: 'subscription',
    created,
    currency: currencyOf(chance),
    customer: customerOf(chance),
    items: { object: 'list', data: [{ id: `si_${chance.text(14)}`, quantity: chance.integer(1, 20) }] },
    status: state === 'deleted' ? 'canceled' : 'active',
  }),
  customer: ({ created, chance }) => ({
    id: customerOf(chance),
    object: 'customer',
    created,
    email: 'jenny.rosen@example.com',
    livemode: false,
    name: 'Jenny Rosen',
  }),
}

const other =
  (kind: string) =>
  ({ created, chance }: Given): Fields => ({
    id: `${kind.slice(0, 2)}_${chance.text(24)}`,
    object: kind,
    created,
    livemode: false,
  })

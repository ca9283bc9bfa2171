import * as z from 'zod/mini'
import { decimalOf, unitsOf } from '../../primitives/decimal.ts'
import { stripe } from '../../providers/stripe.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, formBody, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { units } from './fields.ts'

/** @see https://docs.stripe.com/currencies#zero-decimal */
const withoutDecimals = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
/** Their last digit must be 0. @see https://docs.stripe.com/currencies#three-decimal */
const withThree = new Set('bhd jod kwd omr tnd'.split(' '))
/** No decimals of their own, but two in the API. @see https://docs.stripe.com/currencies#special-cases */
const wholeInHundredths = new Set(['isk', 'ugx'])

const digitsOf = (currency: string): number =>
  withoutDecimals.has(currency) ? 0 : withThree.has(currency) ? 3 : 2

/**
 * An amount as Stripe counts it: `stripeUnits('10.50', 'usd')` is `1050n`, `stripeUnits('500', 'jpy')` is `500n`.
 * @throws {RangeError} for a part of a unit, or an amount that the currency does not have.
 */
export function stripeUnits(amount: string, currency: string): bigint {
  const code = currency.toLowerCase()
  const counted = unitsOf(amount, digitsOf(code))
  const step = withThree.has(code) ? 10n : wholeInHundredths.has(code) ? 100n : 1n
  if (counted % step !== 0n) throw new RangeError(`${code} has no amount as small as that`)
  return counted
}

/** What Stripe counts, as people write it: `1050n` of `usd` is `10.50`. */
export const stripeAmount = (count: bigint, currency: string): string =>
  decimalOf(count, digitsOf(currency.toLowerCase()))

const currency = z.string().check(z.regex(/^[a-z]{3}$/, 'must be a currency of three small letters'))
const metadata = z
  .record(z.string().check(z.maxLength(40)), z.string().check(z.maxLength(500)))
  .check(z.refine((pairs) => Object.keys(pairs).length <= 50, 'must have at most 50 keys'))

const paymentInput = z.strictObject({
  currency,
  /** What is sold: the price of one in the currency's smallest unit, from your own records. */
  lines: z
    .array(
      z.strictObject({
        unitAmount: z.bigint().check(z.nonnegative('must not be negative')),
        quantity: z.int().check(z.gte(1, 'must be 1 or more')),
      }),
    )
    .check(z.minLength(1, 'must have a line')),
  customer: z.optional(z.string()),
  description: z.optional(z.string()),
  metadata: z.optional(metadata),
})

export type PaymentInput = z.input<typeof paymentInput>

const paymentIntent = z.looseObject({
  id: z.string(),
  /** In the smallest unit. */
  amount: units,
  currency: z.string(),
  /** `requires_payment_method`, `processing`, `succeeded`, …: Stripe may add more. */
  status: z.string(),
  /** For the payer's browser, and for nobody else. */
  client_secret: z.optional(z.nullable(z.string())),
  metadata: z.optional(z.record(z.string(), z.string())),
})

export type PaymentIntent = z.output<typeof paymentIntent>

/**
 * Creates a payment whose amount is added up here, from prices that the server knows: a browser's total is never taken. Give
 * it an idempotency key of the order (not of the time): a second one under a key answers with the first for 24 hours, and
 * with an error when its parameters differ. A card that is declined is an ApiError of kind `payment`.
 * @see https://docs.stripe.com/api/payment_intents/create
 */
export async function createPaymentIntent(
  client: ApiClient,
  input: PaymentInput,
  options: AskOptions = {},
): Promise<PaymentIntent> {
  const { lines, ...rest } = checked('stripe createPaymentIntent', paymentInput, input)
  const amount = lines.reduce((sum, line) => sum + line.unitAmount * BigInt(line.quantity), 0n)
  // Eight digits; for most currencies the least is about half a dollar, which Stripe checks.
  if (amount < 1n || amount > 99_999_999n)
    throw new RangeError('stripe createPaymentIntent: the amount must be from 1 to 99,999,999 units')
  const body = formBody({
    amount: amount.toString(),
    currency: rest.currency,
    customer: rest.customer,
    description: rest.description,
    'automatic_payment_methods[enabled]': true,
    ...Object.fromEntries(
      Object.entries(rest.metadata ?? {}).map(([name, value]) => [`metadata[${name}]`, value]),
    ),
  })
  return askOne(client, paymentIntent, '/v1/payment_intents', asked(client, options, body))
}

/** Reads a payment as it is now. @see https://docs.stripe.com/api/payment_intents/retrieve */
export const readPaymentIntent = async (
  client: ApiClient,
  id: string,
  options: AskOptions = {},
): Promise<PaymentIntent> =>
  askOne(client, paymentIntent, pathTo`/v1/payment_intents/${id}`, asked(client, options, {}))

const event = z.looseObject({
  id: z.string(),
  type: z.string(),
  /** Seconds since 1970. */
  created: z.int(),
  livemode: z.boolean(),
  data: z.looseObject({ object: z.looseObject({}) }),
})

export type StripeEvent = z.output<typeof event>

const eventsInput = z.strictObject({
  /** Seconds since 1970, the second itself included. */
  createdFrom: z.optional(z.int()),
  types: z.optional(z.array(z.string()).check(z.maxLength(20, 'must be at most 20'))),
})

/**
 * Events, the newest first, of the last 30 days: Stripe keeps no older ones, so an older `createdFrom` has a gap before its
 * first. Those that happen while it is read are not in it.
 * @see https://docs.stripe.com/api/events/list
 */
export function listEvents(
  client: ApiClient,
  input: z.input<typeof eventsInput> = {},
  options: AskOptions = {},
): AsyncGenerator<StripeEvent, void, void> {
  const { createdFrom, types } = checked('stripe listEvents', eventsInput, input)
  const start = withQuery('/v1/events', { 'created[gte]': createdFrom, 'types[]': types })
  const { default: dialect } = stripe.api.pages
  return typedItems(event, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

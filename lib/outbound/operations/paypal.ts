import * as z from 'zod/mini'
import { readPointer } from '../../primitives/json-pointer.ts'
import { decimalOf, unitsOf } from '../../primitives/decimal.ts'
import { paypal } from '../../providers/paypal.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { pagesOf } from '../paginate.ts'
import { asked, askOne, checked, jsonBody, pathTo, withQuery, type AskOptions } from './asking.ts'
import { decimal, time } from './fields.ts'

/** @see https://developer.paypal.com/reference/currency-codes/ */
const withoutDecimals = new Set(['HUF', 'JPY', 'TWD'])
const digitsOf = (code: string): number => (withoutDecimals.has(code) ? 0 : 2)

/** `payPalUnits('10.50', 'USD')` is `1050n`. @throws {RangeError} for a part of a unit. */
export const payPalUnits = (amount: string, currency: string): bigint => unitsOf(amount, digitsOf(currency))

const currency = z.string().check(z.regex(/^[A-Z]{3}$/, 'must be a currency of three capitals'))
const money = z.looseObject({ currency_code: z.string(), value: decimal })

const orderInput = z.strictObject({
  currency,
  /** In the currency's smallest unit, from your own records. */
  amount: z.bigint().check(z.gte(1n, 'must be above 0')),
  /** Your own number of it: PayPal refuses to be paid twice for one. */
  invoiceId: z.optional(z.string().check(z.maxLength(127))),
  description: z.optional(z.string().check(z.maxLength(127))),
})

const order = z.looseObject({
  id: z.string(),
  /** `CREATED`, `APPROVED`, `COMPLETED`, … */
  status: z.string(),
  /** Where the payer approves: the one of `payer-action` or `approve`. */
  links: z.optional(z.array(z.looseObject({ rel: z.string(), href: z.string() }))),
  purchase_units: z.optional(
    z.array(
      z.looseObject({
        payments: z.optional(
          z.looseObject({
            captures: z.optional(
              z.array(z.looseObject({ id: z.string(), status: z.string(), amount: z.optional(money) })),
            ),
          }),
        ),
      }),
    ),
  ),
})

export type PayPalOrder = z.output<typeof order>

/**
 * Makes an order to be paid. Give it an idempotency key of your order: PayPal answers a second one under it with the first.
 * @see https://developer.paypal.com/docs/api/orders/v2/#orders_create
 */
export async function createOrder(
  client: ApiClient,
  input: z.input<typeof orderInput>,
  options: AskOptions = {},
): Promise<PayPalOrder> {
  const { currency: code, amount, invoiceId, description } = checked('paypal createOrder', orderInput, input)
  const value = decimalOf(amount, digitsOf(code))
  const unit = { amount: { currency_code: code, value }, invoice_id: invoiceId, description }
  const body = jsonBody({ intent: 'CAPTURE', purchase_units: [unit] })
  return askOne(client, order, '/v2/checkout/orders', withAnswer(asked(client, options, body)))
}

/**
 * Takes the money of an order that its payer approved. Under an idempotency key it is taken once. A payer who can't pay is an
 * ApiError of kind `payment`; one who has not approved, of kind `invalid` (`ORDER_NOT_APPROVED`).
 * @see https://developer.paypal.com/docs/api/orders/v2/#orders_capture
 */
export async function captureOrder(
  client: ApiClient,
  id: string,
  options: AskOptions = {},
): Promise<PayPalOrder> {
  const path = pathTo`/v2/checkout/orders/${id}/capture`
  return askOne(client, order, path, withAnswer(asked(client, options, jsonBody({}))))
}

/** Without it PayPal answers with little more than the id. */
function withAnswer(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('prefer', 'return=representation')
  return { ...init, headers }
}

const searchInput = z
  .strictObject({ from: time, to: time })
  .check(z.refine(({ from, to }) => Date.parse(from) < Date.parse(to), 'must end after it begins'))

const transaction = z.looseObject({
  transaction_info: z.looseObject({
    transaction_id: z.string(),
    transaction_status: z.optional(z.string()),
    transaction_amount: z.optional(money),
    transaction_updated_date: z.optional(z.string()),
  }),
})

export type PayPalTransaction = z.output<typeof transaction>

export interface TransactionPage {
  readonly transactions: readonly PayPalTransaction[]
  /** Up to when PayPal's report reaches, hours behind now: a watermark goes no further. */
  readonly lastRefreshed: string | undefined
}

/** A window may have so many days. */
const windowMs = 31 * 86_400_000

/**
 * Transactions of a time, page by page, in windows of at most 31 days. New ones appear within three hours: let the next reading
 * begin where `lastRefreshed` was, not now. An id may come twice, when its status changed.
 * @see https://developer.paypal.com/docs/api/transaction-search/v1/#search_get
 */
export async function* searchTransactions(
  client: ApiClient,
  input: z.input<typeof searchInput>,
  options: AskOptions = {},
): AsyncGenerator<TransactionPage, void, void> {
  const { from, to } = checked('paypal searchTransactions', searchInput, input)
  const end = Date.parse(to)
  for (let begin = Date.parse(from); begin < end; begin += windowMs) {
    // A second, because both ends are included.
    const until = Math.min(begin + windowMs - 1_000, end)
    const start = withQuery('/v1/reporting/transactions', {
      start_date: seconds(begin),
      end_date: seconds(until),
      fields: 'transaction_info',
    })
    const { transactions: dialect } = paypal.api.pages
    for await (const page of pagesOf(client, { dialect, start, init: asked(client, options, {}) })) {
      const refreshed = readPointer(page.body, '/last_refreshed_datetime')
      yield {
        transactions: parseAs(z.array(transaction), page.items),
        lastRefreshed: parseAs(z.optional(z.string()), refreshed),
      }
    }
  }
}

const seconds = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')

import * as z from 'zod/mini'
import { leaflink } from '../../providers/leaflink.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { decimal, decimalNumber, time } from './fields.ts'

const { default: dialect } = leaflink.api.pages
/** An amount as a decimal text, however it is sent. */
const money = z.looseObject({ amount: z.union([decimal, decimalNumber]), currency: z.string() })

const statuses = [
  'draft',
  'submitted',
  'accepted',
  'backorder',
  'fulfilled',
  'shipped',
  'complete',
  'rejected',
  'combined',
  'cancelled',
] as const

const ordersInput = z.strictObject({
  /** Changed at this time or later. */
  modifiedSince: z.optional(time),
  status: z.optional(z.array(z.enum(statuses)).check(z.minLength(1))),
  brand: z.optional(z.int()),
})

export type OrdersInput = z.input<typeof ordersInput>

const order = z.looseObject({
  /** What an order is read and changed by. */
  number: z.string().check(z.minLength(1)),
  short_id: z.optional(z.string()),
  /** `Submitted`, `Accepted`, …: LeafLink may add more. */
  status: z.string(),
  total: z.optional(z.nullable(money)),
  created_on: z.optional(z.string()),
  modified: z.string(),
  buyer: z.optional(z.nullable(z.int())),
  seller: z.optional(z.nullable(z.int())),
  customer: z.optional(
    z.nullable(z.looseObject({ id: z.int(), display_name: z.optional(z.nullable(z.string())) })),
  ),
  line_items: z.optional(z.array(z.looseObject({}))),
})

export type LeafLinkOrder = z.output<typeof order>

/**
 * Orders that were received, with their customers and lines, so that none is asked for by itself. The list can't be put in an
 * order, and pages by offset may skip one that changes meanwhile: let `modifiedSince` reach back a little, and know orders by
 * their number. @see https://developer.leaflink.com/legacy/v2/brands/api/orders
 */
export function listOrders(
  client: ApiClient,
  input: OrdersInput = {},
  options: AskOptions = {},
): AsyncGenerator<LeafLinkOrder, void, void> {
  const { modifiedSince, status, brand } = checked('leaflink listOrders', ordersInput, input)
  const start = withQuery('/orders-received/', {
    include_children: 'customer,line_items',
    modified__gte: modifiedSince,
    status: status?.join(','),
    brand,
  })
  return typedItems(order, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

const number = z.string().check(z.regex(/^[\w-]{1,64}$/, 'must be the number of an order'))
const actions = ['submit', 'accept', 'fulfill', 'cancel', 'reject', 'ship', 'complete'] as const
const transitionInput = z.strictObject({ number, action: z.enum(actions) })

/**
 * Moves an order on. LeafLink knows no idempotency key, and a step that the order's status does not allow is an ApiError of kind
 * `invalid`: when an answer is lost, read the order before you try again.
 * @see https://developer.leaflink.com/legacy/v2/brands/api/orders
 */
export async function moveOrder(
  client: ApiClient,
  input: z.input<typeof transitionInput>,
  options: AskOptions = {},
): Promise<LeafLinkOrder> {
  const checkedInput = checked('leaflink moveOrder', transitionInput, input)
  const path = pathTo`/orders-received/${checkedInput.number}/transition/${checkedInput.action}/`
  return askOne(client, order, path, asked(client, options, { method: 'POST' }))
}

const logsInput = z.strictObject({ number })

const eventLog = z.looseObject({
  id: z.int(),
  order: z.string(),
  /** `created`, `accepted`, `shipped`, …: LeafLink may add more. */
  event_type: z.string(),
  timestamp: z.optional(z.string()),
  created_on: z.optional(z.string()),
})

export type OrderEvent = z.output<typeof eventLog>

/** What happened to an order: its statuses, and who moved it. @see https://developer.leaflink.com/legacy/v2/brands/api/orders */
export function listOrderEvents(
  client: ApiClient,
  input: z.input<typeof logsInput>,
  options: AskOptions = {},
): AsyncGenerator<OrderEvent, void, void> {
  const params = checked('leaflink listOrderEvents', logsInput, input)
  const start = withQuery('/order-event-logs/', { order: params.number })
  return typedItems(eventLog, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

const productsInput = z.strictObject({
  modifiedSince: z.optional(time),
  brand: z.optional(z.int()),
  /** Products that are no longer offered too. */
  withArchived: z.optional(z.boolean()),
})

const product = z.looseObject({
  id: z.int(),
  name: z.string(),
  sku: z.optional(z.nullable(z.string())),
  /** A decimal as text. */
  quantity: z.optional(z.nullable(z.union([decimal, decimalNumber]))),
  wholesale_price: z.optional(z.nullable(money)),
  listing_state: z.optional(z.nullable(z.string())),
})

export type LeafLinkProduct = z.output<typeof product>

/** Products of your brands. @see https://developer.leaflink.com/legacy/v2/brands/api/products */
export function listProducts(
  client: ApiClient,
  input: z.input<typeof productsInput> = {},
  options: AskOptions = {},
): AsyncGenerator<LeafLinkProduct, void, void> {
  const { modifiedSince, brand, withArchived } = checked('leaflink listProducts', productsInput, input)
  const start = withQuery('/products/', {
    modified__gte: modifiedSince,
    brand,
    archived: withArchived ? undefined : false,
  })
  return typedItems(product, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

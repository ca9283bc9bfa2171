import * as z from 'zod/mini'
import { distru } from '../../providers/distru.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, checked, typedItems, withQuery, type AskOptions } from './asking.ts'
import { decimal, time } from './fields.ts'

const { default: dialect } = distru.api.pages

const productsInput = z.strictObject({
  /** Changed at this time or later. */
  updatedSince: z.optional(time),
})

const product = z.looseObject({
  id: z.union([z.string(), z.int()]),
  name: z.string(),
  sku: z.optional(z.nullable(z.string())),
  /** A decimal as text. */
  unit_price: z.optional(z.nullable(decimal)),
  updated_datetime: z.optional(z.nullable(z.string())),
})

export type DistruProduct = z.output<typeof product>

/**
 * Products, along the next page's address. A key sees what its user's team may see, and no more is said; a filter whose name
 * Distru does not know is ignored. @see https://apidocs.distru.dev
 */
export function listProducts(
  client: ApiClient,
  input: z.input<typeof productsInput> = {},
  options: AskOptions = {},
): AsyncGenerator<DistruProduct, void, void> {
  const { updatedSince } = checked('distru listProducts', productsInput, input)
  // From and to, divided by a comma.
  const start = withQuery('/products', { updated_datetime: updatedSince && `${updatedSince},` })
  return typedItems(product, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

const inventoryInput = z.strictObject({
  /** What it is counted by, besides the product. */
  by: z.optional(z.array(z.enum(['LOCATION', 'BATCH_NUMBER']))),
})

const stock = z.looseObject({
  product_id: z.union([z.string(), z.int()]),
  location_id: z.optional(z.nullable(z.union([z.string(), z.int()]))),
  batch_number: z.optional(z.nullable(z.string())),
  /** Decimals as text: what is there, what of it is free, what of it is promised. */
  active: decimal,
  available: decimal,
  reserved: z.optional(z.nullable(decimal)),
})

export type Stock = z.output<typeof stock>

/** What is in stock of each product. @see https://apidocs.distru.dev */
export function listInventory(
  client: ApiClient,
  input: z.input<typeof inventoryInput> = {},
  options: AskOptions = {},
): AsyncGenerator<Stock, void, void> {
  const { by = [] } = checked('distru listInventory', inventoryInput, input)
  const start = withQuery('/inventory', { 'grouping[]': ['PRODUCT', ...by] })
  return typedItems(stock, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

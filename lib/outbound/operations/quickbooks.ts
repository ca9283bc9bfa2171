import * as z from 'zod/mini'
import { SluiceError } from '../../errors/sluice-error.ts'
import { quickbooks } from '../../providers/quickbooks.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { guarded, versioned, type Conflict, type Plain, type Versioned } from '../merge.ts'
import { itemsIn } from '../paginate.ts'
import { update, type Updated } from '../update.ts'
import { asked, askOne, checked, jsonBody, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { decimalNumber } from './fields.ts'

/** A name of a kind of thing, as QuickBooks writes it: `Invoice`, `BillPayment`. */
export const entityName = z.string().check(z.regex(/^[A-Z][A-Za-z]{1,40}$/, 'must be a name such as Invoice'))

export const entity = z.looseObject({
  Id: z.string(),
  SyncToken: z.string(),
  MetaData: z.optional(z.looseObject({ LastUpdatedTime: z.optional(z.string()) })),
})

export type Entity = z.output<typeof entity>

const invoiceForm = z.extend(entity, {
  DocNumber: z.optional(z.string()),
  /** A decimal as text. */
  TotalAmt: decimalNumber,
  /** What is still to be paid, a decimal as text. */
  Balance: z.optional(decimalNumber),
  CurrencyRef: z.optional(z.looseObject({ value: z.string() })),
  CustomerRef: z.looseObject({ value: z.string(), name: z.optional(z.string()) }),
})

export type Invoice = z.output<typeof invoiceForm>

const condition = z.tuple([
  z.string().check(z.regex(/^[A-Z][A-Za-z.]{1,60}$/, 'must be a field such as MetaData.LastUpdatedTime')),
  z.enum(['=', '<', '>', '<=', '>=', 'LIKE']),
  z.union([z.string().check(z.maxLength(1_000)), z.boolean()]),
])

const queryInput = z.strictObject({
  entity: entityName,
  /** All of them must hold. */
  where: z.optional(z.array(condition)),
})

export type QueryInput = z.input<typeof queryInput>

/**
 * Things of one kind, in the order of their ids, a thousand a page. What is deleted is not in it, and what is not `Active` only
 * if that is asked for. A page that is read while things are deleted may skip one: read a second time, or use the changes.
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
 */
export function queryAll(
  client: ApiClient,
  input: QueryInput,
  options: AskOptions = {},
): AsyncGenerator<Entity, void, void> {
  return typedItems(entity, queried(client, input, options))
}

/** Invoices, their amounts as text. @see queryAll */
export const queryInvoices = (
  client: ApiClient,
  where: QueryInput['where'] = [],
  options: AskOptions = {},
): AsyncGenerator<Invoice, void, void> =>
  typedItems(invoiceForm, queried(client, { entity: 'Invoice', where }, options))

function queried(client: ApiClient, input: QueryInput, options: AskOptions): AsyncIterable<unknown> {
  const { entity: name, where = [] } = checked('quickbooks query', queryInput, input)
  const conditions = where.map(([field, is, value]) => `${field} ${is} ${quoted(value)}`)
  const filter = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return itemsIn(client, {
    dialect: quickbooks.api.pages.default,
    start: withQuery('/query', { query: `SELECT * FROM ${name}${filter} ORDERBY Id` }),
    items: `/QueryResponse/${name}`,
    init: asked(client, options, {}),
  })
}

const quoted = (value: string | boolean): string =>
  typeof value === 'boolean' ? String(value) : `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`

const changeInput = z.strictObject({ entity: entityName, id: z.string() })

export interface ChangeOptions extends AskOptions {
  /** Decides where both sides changed the same; without it nothing is written then. */
  readonly resolve?: (merged: Plain, conflicts: readonly Conflict[]) => Plain | undefined
}

/**
 * Changes one thing: it is read, changed and written under its `SyncToken`. If somebody else wrote since (error 5010), it is
 * read again, the changes of both are merged, and it is written once more, three times at most. It is a full update: a field
 * that `change` leaves out is emptied.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice#full-update-an-invoice
 */
export async function changeEntity(
  client: ApiClient,
  input: z.input<typeof changeInput>,
  change: (current: Plain) => Plain,
  { resolve, ...options }: ChangeOptions = {},
): Promise<Updated<Entity>> {
  const { entity: name, id } = checked('quickbooks changeEntity', changeInput, input)
  // The version comes behind it, and QuickBooks keeps 50.
  if ((options.idempotencyKey?.length ?? 0) > 40)
    throw new RangeError('quickbooks changeEntity: the idempotency key must have at most 40 characters')
  const { concurrency } = quickbooks.api
  const path = `/${name.toLowerCase()}`
  const answer = z.looseObject({ [name]: entity })
  const thing = (document: unknown): Versioned => {
    const found = versioned(concurrency, { headers: new Headers(), document }, `/${name}`)
    if (!found) throw new SluiceError('ANSWER_REFUSED', 'the answer does not hold what was asked for')
    return found
  }
  return update(change, {
    read: async () => thing(await askOne(client, answer, path + pathTo`/${id}`, asked(client, options, {}))),
    write: async (next) => {
      const { body } = guarded(concurrency, next)
      // Another body needs another key: QuickBooks answers a key that it knows with what it said then.
      const requestid = options.idempotencyKey && `${options.idempotencyKey}-${next.version ?? ''}`
      const init = asked(client, options, jsonBody(body))
      return parseAs(entity, (await askOne(client, answer, withQuery(path, { requestid }), init))[name])
    },
    ...(resolve && { resolve }),
  })
}

import { createRequire } from 'node:module'
import type { Json } from './aws-json.ts'
import { rememberExpressions } from './expression-cache.ts'

/**
 * dynalite's own parts. It is taken apart, not run as its server: that one throws out of the process on a broken
 * connection, and writes an item and its index entries one after the other.
 */
export interface Store {
  readonly db: { batch(operations: readonly Write[], done: Done): void }
  readonly lifecycleManager: { gracefulClose(): Promise<void> }
  readonly tableDb: Pick<ItemDb, 'put'>
  getItemDb(table: string): ItemDb
}
interface ItemDb {
  put: (key: string, item: unknown, done: Done) => void
  del: (key: string, done: Done) => void
}
interface Write {
  readonly type: 'put' | 'del'
  readonly key: string
  readonly value?: unknown
}
type Done = (error?: unknown, result?: Json) => void
interface Table {
  readonly TableName: string
  readonly LocalSecondaryIndexes?: readonly unknown[]
  readonly GlobalSecondaryIndexes?: readonly unknown[]
}
interface IndexWrites {
  readonly puts: readonly { readonly index: string; readonly key: string; readonly item: unknown }[]
  readonly deletes: readonly { readonly index: string; readonly key: string }[]
}
interface Db {
  create(options: Readonly<Record<string, unknown>>): Store
  getIndexActions(indexes: readonly unknown[], before: unknown, after: unknown, table: Table): IndexWrites
  updateIndexes: (store: Store, table: Table, before: unknown, after: unknown, done: Done) => void
  mapPath: (path: unknown, item: unknown) => Json | undefined
}
export interface Validations {
  checkTypes(data: unknown, types: unknown): Json
  checkValidations(data: Json, types: unknown, custom: unknown, store: Store): void
}
export type Action = (store: Store, data: Json, done: Done) => void

const require = createRequire(import.meta.url)
rememberExpressions()
export const db = require('dynalite/db') as Db

/** Replaces dynalite's: the item and its index entries go to the disk in one batch, or not at all. */
db.updateIndexes = (store, table, before, after, done) => {
  const writes = [
    ...indexWrites('local', table.LocalSecondaryIndexes, before, after, table),
    ...indexWrites('global', table.GlobalSecondaryIndexes, before, after, table),
  ]
  if (writes.length === 0) return done()
  const items = store.getItemDb(table.TableName)
  const { put, del } = items
  const prefix = `item-${table.TableName}~`
  items.put = (key, value, written) =>
    store.db.batch([...writes, { type: 'put', key: prefix + key, value }], written)
  items.del = (key, written) => store.db.batch([...writes, { type: 'del', key: prefix + key }], written)
  try {
    // Every action writes its item before this returns.
    done()
  } finally {
    Object.assign(items, { put, del })
  }
}

/** `SET a = b ADD b :one` gave both the same value object, so the addition reached `a` too. */
const { mapPath } = db
db.mapPath = (path, item) => {
  const value = mapPath(path, item)
  const isPlace = value !== undefined && ('M' in value || 'L' in value)
  return value && !isPlace ? { ...value } : value
}

function indexWrites(
  kind: 'local' | 'global',
  indexes: readonly unknown[] = [],
  ...[before, after, table]: [before: unknown, after: unknown, table: Table]
): Write[] {
  const { puts, deletes } = db.getIndexActions(indexes, before, after, table)
  const place = (index: string, key: string) => `index-${kind}~${table.TableName}~${index}~${key}`
  return [
    ...deletes.map(({ index, key }): Write => ({ type: 'del', key: place(index, key) })),
    ...puts.map(({ index, key, item }): Write => ({ type: 'put', key: place(index, key), value: item })),
  ]
}

import { createRequire } from 'node:module'
import { ServiceFault, type Answer, type Json, type Target } from './aws-json.ts'

/**
 * dynalite's own parts. It is taken apart, not run as its server: that one throws out of the process on a broken
 * connection, and writes an item and its index entries one after the other.
 */
interface Store {
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
interface Validations {
  checkTypes(data: unknown, types: unknown): Json
  checkValidations(data: Json, types: unknown, custom: unknown, store: Store): void
}
type Action = (store: Store, data: Json, done: Done) => void

const require = createRequire(import.meta.url)
const db = require('dynalite/db') as Db
const validations = require('dynalite/validations') as Validations

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

const known = new Set(
  'BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable DescribeTable GetItem ListTables PutItem Query Scan UpdateItem UpdateTable'.split(
    ' ',
  ),
)

export interface Dynalite {
  readonly call: Target
  /** Waits for the calls under way, then closes the store. */
  close(): Promise<void>
}

/** DynamoDB's operations on a LevelDB in the folder `path`, or in memory without one. */
export function openDynalite(path?: string): Dynalite {
  const instant = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }
  const store = db.create({ ...instant, ...(path !== undefined && { path }) })
  const pending = new Set<Promise<Answer>>()
  return {
    call(operation, body) {
      const answer = run(store, operation, body).catch(toAnswer)
      pending.add(answer)
      return answer.finally(() => pending.delete(answer))
    },
    async close() {
      await Promise.all(pending)
      await store.lifecycleManager.gracefulClose()
    },
  }
}

async function run(store: Store, operation: string, body: string): Promise<Answer> {
  if (!known.has(operation))
    throw new ServiceFault('UnknownOperationException', `the local DynamoDB has no ${operation}`)
  const file = operation.charAt(0).toLowerCase() + operation.slice(1)
  const { types, custom } = require(`dynalite/validations/${file}`) as { types: unknown; custom: unknown }
  const data = validations.checkTypes(JSON.parse(body), types)
  validations.checkValidations(data, types, custom, store)
  const action = require(`dynalite/actions/${file}`) as Action
  const result = await new Promise<Json>((resolve, reject) => {
    action(store, data, (error, found = {}) => (error ? reject(error) : resolve(found)))
  })
  if (operation === 'DescribeTable') await activate(store, result)
  return { status: 200, body: JSON.stringify(result) }
}

/** A process that was killed while it made a table left it as CREATING for ever; there is nothing to wait for. */
async function activate(store: Store, { Table }: Json): Promise<void> {
  const table = Table as { TableName: string; TableStatus: string; GlobalSecondaryIndexes?: Json[] }
  if (table.TableStatus !== 'CREATING') return
  table.TableStatus = 'ACTIVE'
  for (const index of table.GlobalSecondaryIndexes ?? []) Object.assign(index, { IndexStatus: 'ACTIVE' })
  await new Promise<void>((resolve, reject) => {
    store.tableDb.put(table.TableName, table, (error) => (error ? reject(error) : resolve()))
  })
}

/** Faults of the caller carry the answer that DynamoDB gives; anything else is a fault of dynalite. */
function toAnswer(error: unknown): Answer {
  const { statusCode, body } = error as { statusCode?: number; body?: Json }
  if (statusCode && body) return { status: statusCode, body: JSON.stringify(body) }
  const message = error instanceof Error ? error.message : String(error)
  const type = error instanceof ServiceFault ? error.type : 'InternalServerError'
  return {
    status: error instanceof ServiceFault ? 400 : 500,
    body: JSON.stringify({ __type: type, message }),
  }
}

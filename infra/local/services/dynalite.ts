import { createRequire } from 'node:module'
import { db, type Action, type Store, type Validations } from './dynalite-repairs.ts'
import { ServiceFault, type Answer, type Json, type Target } from './aws-json.ts'

const require = createRequire(import.meta.url)
const validations = require('dynalite/validations') as Validations

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

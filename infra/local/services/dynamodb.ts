import { ServiceFault, text, type Answer, type Json, type Target } from './aws-json.ts'
import type { Dynalite } from './dynalite.ts'
import { serialised } from './serialised.ts'
import type { State } from './state.ts'
import { tableSettings } from './table-settings.ts'

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem'])

/** dynalite, and on top what it lacks: the item of a failed condition, TTL, backups and deletion protection as settings. */
export function dynamodb(engine: Dynalite, state: State): Target {
  const alone = serialised()
  const own = tableSettings(engine, state)
  const keys = keyNames(engine)
  return async (operation, body) => {
    try {
      const input = JSON.parse(body) as Json
      if (writes.has(operation)) {
        const key = await itemKey(input, keys)
        // One write at a time per item, so that the item of a failed condition is the one that failed it.
        return await alone(key.lock, () => write(engine, operation, input, key.key))
      }
      return (await own(operation, input)) ?? (await engine.call(operation, body))
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error
      return { status: 400, body: JSON.stringify({ __type: error.type, message: error.message }) }
    }
  }
}

async function write(engine: Dynalite, operation: string, input: Json, Key: Json): Promise<Answer> {
  const answer = await engine.call(operation, JSON.stringify(input))
  if (answer.status === 200 || input['ReturnValuesOnConditionCheckFailure'] !== 'ALL_OLD') return answer
  const failure = JSON.parse(answer.body) as Json
  if (!String(failure['__type']).endsWith('#ConditionalCheckFailedException')) return answer
  const get = { TableName: input['TableName'], Key, ConsistentRead: true }
  const { Item } = JSON.parse((await engine.call('GetItem', JSON.stringify(get))).body) as { Item?: Json }
  return Item ? { ...answer, body: JSON.stringify({ ...failure, Item }) } : answer
}

/** Names of the key attributes of a table, remembered: they never change. */
function keyNames(engine: Dynalite): (table: string) => Promise<readonly string[]> {
  const found = new Map<string, readonly string[]>()
  return async (table) => {
    const remembered = found.get(table)
    if (remembered) return remembered
    const { body } = await engine.call('DescribeTable', JSON.stringify({ TableName: table }))
    const { Table } = JSON.parse(body) as { Table?: { KeySchema: readonly { AttributeName: string }[] } }
    const names = Table?.KeySchema.map(({ AttributeName }) => AttributeName) ?? []
    if (names.length > 0) found.set(table, names)
    return names
  }
}

async function itemKey(
  input: Json,
  keysOf: (table: string) => Promise<readonly string[]>,
): Promise<{ readonly lock: string; readonly key: Json }> {
  const table = text(input, 'TableName')
  const source = (input['Key'] ?? input['Item'] ?? {}) as Json
  const names = await keysOf(table)
  const key = Object.fromEntries(names.map((name) => [name, source[name]]))
  return { lock: JSON.stringify([table, ...Object.values(key)]), key }
}

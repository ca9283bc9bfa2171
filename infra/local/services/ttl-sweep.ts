import type { Json, Target } from './aws-json.ts'
import type { State } from './state.ts'
import { ttlAttributes } from './table-settings.ts'

interface Page {
  readonly Items?: readonly Json[]
  readonly LastEvaluatedKey?: Json
}

/**
 * Deletes the items whose TTL is over, as DynamoDB does some time after; answers how many. An item that was given
 * another TTL meanwhile stays.
 */
export async function sweepExpired(target: Target, state: State, nowSeconds: number): Promise<number> {
  let deleted = 0
  for (const { table, attribute } of ttlAttributes(state)) {
    const expired = {
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: String(nowSeconds) } },
    }
    const keys = await keyNames(target, table)
    let from: Json | undefined
    do {
      const scan = {
        TableName: table,
        Limit: 500,
        FilterExpression: '#ttl < :now',
        ...expired,
        ...(from && { ExclusiveStartKey: from }),
      }
      const page = await call<Page>(target, 'Scan', scan)
      for (const item of page.Items ?? []) {
        const Key = Object.fromEntries(keys.map((name) => [name, item[name]]))
        const remove = { TableName: table, Key, ConditionExpression: '#ttl < :now', ...expired }
        const { status } = await target('DeleteItem', JSON.stringify(remove))
        if (status === 200) deleted += 1
      }
      from = page.LastEvaluatedKey
    } while (from)
  }
  return deleted
}

async function keyNames(target: Target, table: string): Promise<readonly string[]> {
  const { Table } = await call<{ Table: { KeySchema: readonly { AttributeName: string }[] } }>(
    target,
    'DescribeTable',
    { TableName: table },
  )
  return Table.KeySchema.map(({ AttributeName }) => AttributeName)
}

async function call<T>(target: Target, operation: string, input: Json): Promise<T> {
  const { status, body } = await target(operation, JSON.stringify(input))
  if (status !== 200) throw new Error(`${operation} failed: ${body}`)
  return JSON.parse(body) as T
}

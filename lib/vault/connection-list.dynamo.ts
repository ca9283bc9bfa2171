import { BatchGetItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { byConnection } from '../config/names.ts'
import { connectionKey, text, toConnection } from './connection.dynamo.ts'
import type { ConnectionList, ConnectionReader } from './connection-list.ts'
import type { Connection } from './connection.ts'
import { guarded, type ConnectionsTable } from './connection-writer.dynamo.ts'

const all = `${byConnection.partition} = :all`

/** {@link ConnectionList} by the index of all connections; the records themselves come from the table. */
export function dynamoConnectionList(options: ConnectionsTable): ConnectionList & ConnectionReader {
  const { client, table: TableName } = options
  return {
    async list(tenant, after, limit) {
      const answer = await guarded(() =>
        client.send(
          new QueryCommand({
            TableName,
            IndexName: byConnection.index,
            // No key condition takes an empty text.
            KeyConditionExpression:
              tenant === undefined ? all : `${all} AND begins_with(${byConnection.sort}, :from)`,
            ExpressionAttributeValues: {
              ':all': text('connections'),
              ...(tenant !== undefined && { ':from': text(`${tenant}#`) }),
            },
            Limit: limit,
            ...(after !== undefined && { ExclusiveStartKey: startKey(after) }),
          }),
        ),
      )
      const last = answer.LastEvaluatedKey?.[byConnection.sort]?.S
      const ids = (answer.Items ?? []).flatMap((item) => item['id']?.S ?? [])
      const found = await guarded(() => readAll(ids, options))
      return { connections: found, ...(last !== undefined && { next: last }) }
    },
    read: (ids) => guarded(() => readAll(ids, options, true)),
    async find(id) {
      const { Item } = await guarded(() =>
        client.send(new GetItemCommand({ TableName, Key: connectionKey(id), ConsistentRead: true })),
      )
      return Item && toConnection(Item)
    },
  }
}

/** In the order of `ids`; at most a hundred of them. */
async function readAll(
  ids: readonly string[],
  { client, table: TableName }: ConnectionsTable,
  ConsistentRead = false,
): Promise<readonly Connection[]> {
  if (ids.length === 0) return []
  const Keys = ids.map(connectionKey)
  const command = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead } } })
  const { Responses, UnprocessedKeys } = await client.send(command)
  if (UnprocessedKeys?.[TableName]) throw new Error('the table did not answer for every key')
  const found = new Map((Responses?.[TableName] ?? []).map((item) => [item['id']?.S, toConnection(item)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

const startKey = (after: string) => ({
  [byConnection.partition]: text('connections'),
  [byConnection.sort]: text(after),
  ...connectionKey(after.slice(after.indexOf('#') + 1)),
})

import { DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { changedKey, controlKeys } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { epochMs } from '../primitives/clock.ts'
import type { ChangedConnections } from './changed-connections.ts'
import { number, text } from './connection.dynamo.ts'
import { guarded, type ConnectionsTable } from './connection-writer.dynamo.ts'

/** Reads and clears notes of changed connections. */
export const dynamoChangedConnections = ({
  client,
  table: TableName,
}: ConnectionsTable): Pick<ChangedConnections, 'list' | 'clear'> => ({
  async list(limit) {
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :changed`,
      ExpressionAttributeValues: { ':changed': text(changedKey) },
      Limit: limit,
    })
    const { Items = [] } = await guarded(() => client.send(command))
    return Items.map((item) => ({
      id: item[controlKeys.sort]?.S ?? '',
      at: epochMs(Number(item['notedAt']?.N ?? 0)),
    }))
  },
  async clear({ id, at }) {
    const command = new DeleteItemCommand({
      TableName,
      Key: { [controlKeys.partition]: text(changedKey), [controlKeys.sort]: text(id) },
      ConditionExpression: 'notedAt = :at',
      ExpressionAttributeValues: { ':at': number(at) },
    })
    await guarded(async () => {
      try {
        await client.send(command)
      } catch (error) {
        if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      }
    })
  },
})

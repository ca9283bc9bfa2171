import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { byRefresh, refreshShards } from '../config/names.ts'
import { instant, text } from './connection.dynamo.ts'
import type { DueConnections } from './connection-list.ts'
import { guarded, type ConnectionsTable } from './connection-writer.dynamo.ts'

/** {@link DueConnections} by the sparse index of what is due: one query for each of its shards, whatever else is stored. */
export function dynamoDueConnections({ client, table: TableName }: ConnectionsTable): DueConnections {
  return {
    async due(now, limit) {
      const shards = Array.from({ length: refreshShards }, (_, shard) => shard)
      const found = await Promise.all(
        shards.map((shard) =>
          guarded(() =>
            client.send(
              new QueryCommand({
                TableName,
                IndexName: byRefresh.index,
                KeyConditionExpression: `${byRefresh.partition} = :bucket AND ${byRefresh.sort} <= :now`,
                ExpressionAttributeValues: { ':bucket': text(`due#${shard}`), ':now': text(instant(now)) },
                Limit: limit,
              }),
            ),
          ),
        ),
      )
      return found
        .flatMap(({ Items = [] }) => Items)
        .toSorted((a, b) => ((a[byRefresh.sort]?.S ?? '') < (b[byRefresh.sort]?.S ?? '') ? -1 : 1))
        .slice(0, limit)
        .map((item) => ({ tenant: item['tenant']?.S ?? '', id: item['id']?.S ?? '' }))
    },
  }
}

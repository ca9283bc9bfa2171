import { BatchGetItemCommand, DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { byRefresh, controlKeys, keeperBucket, keeperKey } from '../config/names.ts'
import { documentIn, dynamoDocuments, type DocumentsTable } from './documents.dynamo.ts'
import type { Subscription, SubscriptionId, Subscriptions } from './keeper.ts'
import { guarded } from './poll-writer.dynamo.ts'

const noun = 'a subscription'
const place = ({ connection, subscription }: SubscriptionId): readonly [string, string] => [
  keeperKey(connection),
  subscription,
]
const keyOf = (id: SubscriptionId) => {
  const [partition, sort] = place(id)
  return { [controlKeys.partition]: { S: partition }, [controlKeys.sort]: { S: sort } }
}
/** 13 digits, so that texts are in the order of the instants. */
const instant = (at: number): string => String(Math.max(0, Math.floor(at))).padStart(13, '0')

/** {@link Subscriptions} in the table of connections; the sparse index of what is due says whose turn it is. */
export function dynamoSubscriptions(options: DocumentsTable): Subscriptions {
  const { client, table: TableName } = options
  return {
    ...dynamoDocuments<SubscriptionId, Subscription>(options, {
      keyOf: place,
      noun,
      beside: ({ nextAt }) => ({
        [byRefresh.partition]: { S: keeperBucket },
        [byRefresh.sort]: { S: instant(nextAt) },
      }),
    }),
    async find(ids) {
      if (ids.length === 0) return []
      const command = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: ids.map(keyOf) } } })
      return guarded(async () => {
        const { Responses, UnprocessedKeys } = await client.send(command)
        if (UnprocessedKeys?.[TableName]) throw new Error('the table did not answer for every key')
        return (Responses?.[TableName] ?? []).map((item) => documentIn(item, noun) as Subscription)
      })
    },
    async due(now, limit) {
      const command = new QueryCommand({
        TableName,
        IndexName: byRefresh.index,
        KeyConditionExpression: `${byRefresh.partition} = :bucket AND ${byRefresh.sort} <= :now`,
        ExpressionAttributeValues: { ':bucket': { S: keeperBucket }, ':now': { S: instant(now) } },
        Limit: limit,
      })
      const { Items = [] } = await guarded(() => client.send(command))
      return Items.map((item) => ({
        connection: (item[controlKeys.partition]?.S ?? '').slice(keeperKey('').length),
        subscription: item[controlKeys.sort]?.S ?? '',
      }))
    },
    async remove(id) {
      await guarded(() => client.send(new DeleteItemCommand({ TableName, Key: keyOf(id) })))
    },
  }
}

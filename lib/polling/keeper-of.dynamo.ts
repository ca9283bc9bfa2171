import { DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { controlKeys, keeperKey } from '../config/names.ts'
import { documentIn, type DocumentsTable } from './documents.dynamo.ts'
import type { Subscription } from './keeper.ts'
import type { SubscriptionsOf } from './keeper-end.ts'
import { guarded } from './poll-writer.dynamo.ts'

/** The subscriptions of one connection, for whoever only shows them. */
export const dynamoSubscriptionsShown = ({
  client,
  table: TableName,
}: DocumentsTable): Pick<SubscriptionsOf, 'of'> => ({
  async of(connection) {
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :all`,
      ExpressionAttributeValues: { ':all': { S: keeperKey(connection) } },
      ConsistentRead: true,
    })
    const { Items = [] } = await guarded(() => client.send(command))
    return Items.map((item) => documentIn(item, 'a subscription') as Subscription)
  },
})

/** The subscriptions of one connection, whatever the config wants of it now. */
export function dynamoSubscriptionsOf(options: DocumentsTable): SubscriptionsOf {
  const { client, table: TableName } = options
  return {
    ...dynamoSubscriptionsShown(options),
    async remove({ connection, subscription }) {
      const Key = {
        [controlKeys.partition]: { S: keeperKey(connection) },
        [controlKeys.sort]: { S: subscription },
      }
      await guarded(() => client.send(new DeleteItemCommand({ TableName, Key })))
    },
  }
}

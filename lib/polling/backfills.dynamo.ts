import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { backfillKey, controlKeys } from '../config/names.ts'
import type { Backfill, BackfillId, Backfills } from './backfill.ts'
import { documentIn, dynamoDocuments, type DocumentsTable } from './documents.dynamo.ts'
import { guarded } from './poll-writer.dynamo.ts'

const noun = 'a backfill'

/** {@link Backfills} in the table of connections. */
export function dynamoBackfills(options: DocumentsTable): Backfills {
  return {
    ...dynamoDocuments<BackfillId, Backfill>(options, {
      keyOf: ({ connection, stream, id }) => [backfillKey(connection), `${stream}#${id}`],
      noun,
    }),
    async list({ connection, stream }) {
      const command = new QueryCommand({
        TableName: options.table,
        KeyConditionExpression: `${controlKeys.partition} = :all AND begins_with(${controlKeys.sort}, :stream)`,
        ExpressionAttributeValues: { ':all': { S: backfillKey(connection) }, ':stream': { S: `${stream}#` } },
        Limit: 100,
        ConsistentRead: true,
      })
      const { Items = [] } = await guarded(() => options.client.send(command))
      const found = Items.map((item) => documentIn(item, noun) as Backfill)
      return found.toSorted((a, b) => b.begunAt - a.begunAt)
    },
  }
}

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { controlKeys } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import type { MissedPolls } from './missed-ledger.ts'
import { keyOf, number } from './poll-item.dynamo.ts'
import { guarded, type PollsTable } from './poll-writer.dynamo.ts'

/** {@link MissedPolls} in the table of connections: beside a run that may be under way, whose lease it does not touch. */
export function dynamoMissedPolls({ client, table: TableName }: PollsTable): MissedPolls {
  return {
    async addMissed({ at, count, ...id }) {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(id),
        UpdateExpression: 'SET missedAt = :at ADD missed :count',
        ConditionExpression: `attribute_exists(${controlKeys.partition}) AND (attribute_not_exists(missedAt) OR missedAt < :at)`,
        ExpressionAttributeValues: { ':at': number(at), ':count': number(count) },
      })
      try {
        await client.send(command)
      } catch (error) {
        if (errorName(error) !== 'ConditionalCheckFailedException') await guarded(() => Promise.reject(error))
      }
    },
  }
}

import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { controlKeys, tickKey } from '../config/names.ts'
import { number, text } from './poll-item.dynamo.ts'
import { guarded, type PollsTable } from './poll-writer.dynamo.ts'
import type { TickMemory } from './tick-memory.ts'

/** One item for the whole deployment. */
export function dynamoTickMemory({ client, table: TableName }: PollsTable): TickMemory {
  const Key = { [controlKeys.partition]: text(tickKey), [controlKeys.sort]: text('state') }
  return {
    async read() {
      const { Item = {} } = await guarded(() =>
        client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
      )
      const minute = Item['minute']?.N
      const after = Item['after']?.S
      return {
        ...(minute !== undefined && { minute: Number(minute) }),
        ...(after !== undefined && { after }),
      }
    },
    async write({ minute = 0, after }) {
      const command = new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: `SET #minute = :minute${after === undefined ? ' REMOVE #after' : ', #after = :after'}`,
        ExpressionAttributeNames: { '#minute': 'minute', '#after': 'after' },
        ExpressionAttributeValues: {
          ':minute': number(minute),
          ...(after !== undefined && { ':after': text(after) }),
        },
      })
      await guarded(() => client.send(command))
    },
  }
}

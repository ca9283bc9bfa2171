import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { keyOf, toPoll } from './poll-item.dynamo.ts'
import type { Polls } from './poll-state.ts'
import { guarded, type PollsTable } from './poll-writer.dynamo.ts'

/** For whoever only reads single polls. */
export const dynamoPollReader = ({ client, table: TableName }: PollsTable): Pick<Polls, 'get'> => ({
  async get(id) {
    const command = new GetItemCommand({ TableName, Key: keyOf(id), ConsistentRead: true })
    const { Item } = await guarded(() => client.send(command))
    return Item && toPoll(Item)
  },
})

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { changedKey, controlKeys } from '../config/names.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ChangedConnections } from './changed-connections.ts'
import { number, text } from './connection.dynamo.ts'
import { guarded, type ConnectionsTable } from './connection-writer.dynamo.ts'

/** Writes notes into the table of connections: one partition, which is empty but for a minute. */
export const dynamoChangedNotes = ({
  client,
  table: TableName,
  clock,
}: ConnectionsTable & { readonly clock: Clock }): Pick<ChangedConnections, 'note'> => ({
  async note(id) {
    const command = new UpdateItemCommand({
      TableName,
      Key: { [controlKeys.partition]: text(changedKey), [controlKeys.sort]: text(id) },
      UpdateExpression: 'SET notedAt = :now',
      ExpressionAttributeValues: { ':now': number(clock.now()) },
    })
    await guarded(() => client.send(command))
  },
})

import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { controlKeys } from '../config/names.ts'
import type { Clock } from '../primitives/clock.ts'
import { dynamoPollLeases } from './poll-leases.dynamo.ts'
import { keyOf, newItem } from './poll-item.dynamo.ts'
import { dynamoPollReader } from './poll-reader.dynamo.ts'
import type { Polls } from './poll-state.ts'
import { guarded, pollWriter, type PollsTable, type Writer } from './poll-writer.dynamo.ts'

export interface DynamoPollsOptions extends PollsTable {
  readonly clock: Clock
}

/** {@link Polls} in the table of connections. */
export function dynamoPolls(options: DynamoPollsOptions): Polls {
  const { client, table: TableName, clock } = options
  const write = pollWriter(options)
  return {
    ...dynamoPollReader(options),
    create: creating(write),
    async remove(id) {
      await guarded(() => client.send(new DeleteItemCommand({ TableName, Key: keyOf(id) })))
    },
    ...dynamoPollLeases(write, clock),
  }
}

function creating(write: Writer): Polls['create'] {
  return async (poll) => {
    const attributes = Object.entries(newItem(poll))
    const answer = await write({
      id: poll,
      update: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      condition: `attribute_not_exists(${controlKeys.partition})`,
      names: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
      values: Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
    })
    return answer.kind === 'written' ? 'created' : 'exists'
  }
}

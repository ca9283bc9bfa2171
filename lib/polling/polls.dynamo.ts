import { BatchGetItemCommand, DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { byConnection, controlKeys, pollKey } from '../config/names.ts'
import { dynamoPollReader } from './poll-reader.dynamo.ts'
import type { Clock } from '../primitives/clock.ts'
import { dynamoPollLeases } from './poll-leases.dynamo.ts'
import { keyOf, newItem, text, toPoll } from './poll-item.dynamo.ts'
import type { Poll, PollId, Polls } from './poll-state.ts'
import { guarded, pollWriter, type PollsTable, type Writer } from './poll-writer.dynamo.ts'

export interface DynamoPollsOptions extends PollsTable {
  readonly clock: Clock
}

/** {@link Polls} in the table of connections. */
export function dynamoPolls(options: DynamoPollsOptions): Polls {
  const { client, table: TableName, clock } = options
  const write = pollWriter(options)
  return {
    get: dynamoPollReader(options).get,
    find: (ids) => guarded(() => readAll(ids, options)),
    list: listing(options),
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

function listing(options: PollsTable): Polls['list'] {
  return async (tenant, after, limit) => {
    const command = new QueryCommand({
      TableName: options.table,
      IndexName: byConnection.index,
      KeyConditionExpression: `${byConnection.partition} = :all AND begins_with(${byConnection.sort}, :from)`,
      ExpressionAttributeValues: {
        ':all': text('polls'),
        ':from': text(tenant === undefined ? '' : `${tenant}#`),
      },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: startKey(after) }),
    })
    const { Items = [], LastEvaluatedKey } = await guarded(() => options.client.send(command))
    const ids = Items.map((item): PollId => ({
      connection: (item[controlKeys.partition]?.S ?? '').slice(pollKey('').length),
      stream: item[controlKeys.sort]?.S ?? '',
    }))
    const next = LastEvaluatedKey?.[byConnection.sort]?.S
    const polls = await guarded(() => readAll(ids, options))
    return { polls, ...(next !== undefined && { next }) }
  }
}

function startKey(after: string) {
  const [, connection = '', stream = ''] = after.split('#')
  return {
    [byConnection.partition]: text('polls'),
    [byConnection.sort]: text(after),
    ...keyOf({ connection, stream }),
  }
}

const nameOf = ({ connection, stream }: PollId): string => `${connection}#${stream}`

/** In the order of `ids`; at most a hundred of them. */
async function readAll(ids: readonly PollId[], { client, table }: PollsTable): Promise<readonly Poll[]> {
  if (ids.length === 0) return []
  const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: ids.map(keyOf) } } })
  const { Responses, UnprocessedKeys } = await client.send(command)
  if (UnprocessedKeys?.[table]) throw new Error('the table did not answer for every key')
  const polls = (Responses?.[table] ?? []).map(toPoll)
  const found = new Map(polls.map((poll) => [nameOf(poll), poll]))
  return ids.flatMap((id) => found.get(nameOf(id)) ?? [])
}

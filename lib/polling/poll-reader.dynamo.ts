import { BatchGetItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { byConnection, controlKeys, pollKey } from '../config/names.ts'
import { keyOf, text, toPoll } from './poll-item.dynamo.ts'
import type { Poll, PollId, Polls } from './poll-state.ts'
import { guarded, type PollsTable } from './poll-writer.dynamo.ts'

/** The reading half of {@link Polls}, for those that may change none. */
export function dynamoPollReader(options: PollsTable): Pick<Polls, 'get' | 'find' | 'list'> {
  const { client, table: TableName } = options
  return {
    async get(id) {
      const command = new GetItemCommand({ TableName, Key: keyOf(id), ConsistentRead: true })
      const { Item } = await guarded(() => client.send(command))
      return Item && toPoll(Item)
    },
    find: (ids) => guarded(() => readAll(ids, options)),
    list: listing(options),
  }
}

const all = `${byConnection.partition} = :all`

function listing(options: PollsTable): Polls['list'] {
  return async (tenant, after, limit) => {
    const command = new QueryCommand({
      TableName: options.table,
      IndexName: byConnection.index,
      // No key condition takes an empty text.
      KeyConditionExpression:
        tenant === undefined ? all : `${all} AND begins_with(${byConnection.sort}, :from)`,
      ExpressionAttributeValues: {
        ':all': text('polls'),
        ...(tenant !== undefined && { ':from': text(`${tenant}#`) }),
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

import {
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { backfillKey, controlKeys } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import type { Backfill, BackfillId, Backfills } from './backfill.ts'
import { guarded } from './poll-writer.dynamo.ts'

type Item = Readonly<Record<string, AttributeValue>>

const keyOf = ({ connection, stream, id }: BackfillId) => ({
  [controlKeys.partition]: { S: backfillKey(connection) },
  [controlKeys.sort]: { S: `${stream}#${id}` },
})

export interface BackfillsTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly table: string
}

/** {@link Backfills} in the table of connections: one document each, and beside it what conditions read. */
export function dynamoBackfills(options: BackfillsTable): Backfills {
  const { client, table: TableName } = options
  return {
    async get(id) {
      const command = new GetItemCommand({ TableName, Key: keyOf(id), ConsistentRead: true })
      const { Item } = await guarded(() => client.send(command))
      return Item && toBackfill(Item)
    },
    async list({ connection, stream }) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: `${controlKeys.partition} = :all AND begins_with(${controlKeys.sort}, :stream)`,
        ExpressionAttributeValues: { ':all': { S: backfillKey(connection) }, ':stream': { S: `${stream}#` } },
        Limit: 100,
        ConsistentRead: true,
      })
      const { Items = [] } = await guarded(() => client.send(command))
      return Items.map(toBackfill).toSorted((a, b) => b.begunAt - a.begunAt)
    },
    async create(backfill) {
      const condition = `attribute_not_exists(${controlKeys.partition})`
      const answer = await put({ backfill, by: '', condition }, options)
      return answer === 'written' ? 'created' : 'exists'
    },
    async save(backfill, by) {
      const { version } = backfill
      const next = { ...backfill, version: version + 1 }
      const read = { N: String(version) }
      const answer = await put({ backfill: next, by, condition: '#version = :read', read }, options)
      if (answer === 'written') return 'saved'
      // The first try's answer may have got lost: then what stands there is what was to be written.
      return answer['by']?.S === by && answer['version']?.N === String(version + 1) ? 'saved' : 'lost'
    },
  }
}

interface Put {
  readonly backfill: Backfill
  readonly by: string
  readonly condition: string
  readonly read?: AttributeValue
}

/** What stands there instead, where the condition did not hold. */
async function put(
  { backfill, by, condition, read }: Put,
  { client, table: TableName }: BackfillsTable,
): Promise<Item | 'written'> {
  const attributes = Object.entries(attributesOf(backfill, by))
  const command = new UpdateItemCommand({
    TableName,
    Key: keyOf(backfill),
    UpdateExpression: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
      ...(read && { ':read': read }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  return guarded(async () => {
    try {
      await client.send(command)
      return 'written'
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      return (error as { readonly Item?: Item }).Item ?? {}
    }
  })
}

const attributesOf = (backfill: Backfill, by: string): Record<string, AttributeValue> => ({
  v: { N: '1' },
  version: { N: String(backfill.version) },
  by: { S: by },
  tenant: { S: backfill.tenant },
  document: { S: JSON.stringify(backfill) },
})

/** @throws SluiceError `RECORD_CORRUPT` */
function toBackfill(item: Item): Backfill {
  try {
    if (item['v']?.N === '1') return JSON.parse(item['document']?.S ?? '') as Backfill
  } catch {
    // Said below.
  }
  throw new SluiceError('RECORD_CORRUPT', 'a backfill is not a record of version 1')
}

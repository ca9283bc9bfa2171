import {
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { polling } from '../config/defaults.ts'
import { controlKeys, sightedKey, sightedShards, ttlAttribute } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { later, toSeconds } from '../primitives/clock.ts'
import { minuteOf } from './phases.ts'
import type { SightedBy, Sighting, Sightings, Unbrought } from './sightings.ts'

export interface DynamoSightingsOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

const text = (value: string): AttributeValue => ({ S: value })
const shards = Array.from({ length: sightedShards }, (_, shard) => shard)

/** The partition follows from the sighting alone: whoever comes second finds it without a read. */
const keyOf = ({ id, at }: Sighting) => ({
  [controlKeys.partition]: text(sightedKey(minuteOf(at), id.charCodeAt(id.length - 1) % sightedShards)),
  [controlKeys.sort]: text(id),
})

/** {@link Sightings} in the Control table: one item for each event, in partitions of a minute, that end by themselves. */
export function dynamoSightings(options: DynamoSightingsOptions): Sightings {
  const set = setting(options)
  return {
    polled: (sighting, { tenant, provider, connection, stream }) =>
      set(sighting, {
        tenant: text(tenant),
        provider: text(provider),
        connection: text(connection),
        stream: text(stream),
      }),
    brought: (sighting) => set(sighting, { brought: { BOOL: true } }),
    async unbrought(minute, signal) {
      const read = (shard: number) => readShard(sightedKey(minute, shard), signal, options)
      return counted((await Promise.all(shards.map(read))).flat())
    },
  }
}

function setting({ client, table: TableName }: DynamoSightingsOptions) {
  return async (sighting: Sighting, fields: Readonly<Record<string, AttributeValue>>): Promise<void> => {
    const end = toSeconds(later(sighting.at, polling.missedRetentionMs))
    const all = Object.entries({ ...fields, [ttlAttribute]: { N: String(end) } })
    const command = new UpdateItemCommand({
      TableName,
      Key: keyOf(sighting),
      UpdateExpression: `SET ${all.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(all.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(all.map(([name, value]) => [`:${name}`, value])),
    })
    await guarded(() => client.send(command))
  }
}

async function readShard(
  partition: string,
  abortSignal: AbortSignal,
  { client, table: TableName }: DynamoSightingsOptions,
): Promise<readonly SightedBy[]> {
  const found: SightedBy[] = []
  let from: Record<string, AttributeValue> | undefined
  do {
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :partition`,
      FilterExpression: 'attribute_exists(tenant) AND attribute_not_exists(brought)',
      ExpressionAttributeValues: { ':partition': text(partition) },
      ConsistentRead: true,
      ...(from && { ExclusiveStartKey: from }),
    })
    const { Items = [], LastEvaluatedKey } = await guarded(() => client.send(command, { abortSignal }))
    found.push(...Items.map(sightedBy))
    from = LastEvaluatedKey
  } while (from)
  return found
}

function sightedBy(item: Readonly<Record<string, AttributeValue>>): SightedBy {
  const said = (name: string): string => item[name]?.S ?? ''
  return {
    tenant: said('tenant'),
    provider: said('provider'),
    connection: said('connection'),
    stream: said('stream'),
  }
}

function counted(sighted: readonly SightedBy[]): readonly Unbrought[] {
  const byPoll = new Map<string, Unbrought>()
  for (const by of sighted) {
    const name = `${by.tenant}#${by.connection}#${by.stream}`
    byPoll.set(name, { ...by, count: (byPoll.get(name)?.count ?? 0) + 1 })
  }
  return [...byPoll.values()]
}

/** @throws SluiceError `LEDGER_UNAVAILABLE` */
async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    throw new SluiceError('LEDGER_UNAVAILABLE', 'the table of sightings did not answer', { cause })
  }
}

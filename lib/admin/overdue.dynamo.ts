import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { byRefresh, keeperBucket, refreshShards } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, type EpochMs } from '../primitives/clock.ts'
import type { Overdue, OverdueWork } from './overdue.ts'

export interface OverdueTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Connections table. */
  readonly table: string
}

const refreshBuckets = Array.from({ length: refreshShards }, (_, shard) => `due#${shard}`)
const subscriptionBuckets = [keeperBucket]

/** {@link OverdueWork} by the sparse index of what is due: one query for each of its partitions, whatever else is stored. */
export const dynamoOverdue = (options: OverdueTable): OverdueWork => ({
  refreshes: (before, limit) => look(refreshBuckets, before, limit, options),
  subscriptions: (before, limit) => look(subscriptionBuckets, before, limit, options),
})

async function look(
  buckets: readonly string[],
  before: EpochMs,
  limit: number,
  { client, table: TableName }: OverdueTable,
): Promise<Overdue> {
  const query = (bucket: string) =>
    client.send(
      new QueryCommand({
        TableName,
        IndexName: byRefresh.index,
        KeyConditionExpression: `${byRefresh.partition} = :bucket AND ${byRefresh.sort} < :before`,
        ExpressionAttributeValues: {
          ':bucket': { S: bucket },
          // 13 digits, so that texts are in the order of the instants.
          ':before': { S: String(before).padStart(13, '0') },
        },
        Limit: limit,
      }),
    )
  const pages = await Promise.all(buckets.map(query)).catch((cause: unknown) => {
    throw new SluiceError('VAULT_UNAVAILABLE', 'the table did not answer', { cause })
  })
  const times = pages
    .flatMap(({ Items = [] }) => Items)
    .map((item) => Number(item[byRefresh.sort]?.S))
    .toSorted((a, b) => a - b)
    .slice(0, limit)
  return { count: times.length, ...(times[0] !== undefined && { since: epochMs(times[0]) }) }
}

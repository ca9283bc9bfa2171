import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import { byTime, ledgerKey, timeShards } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { epochMs, hours, toSeconds, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { ListedRecord } from './history.ts'
import { ledgerReader, type IndexEntry } from './ledger-reader.dynamo.ts'
import type { LedgerTable } from './ledger-writer.dynamo.ts'
import { hourOf, text } from './record.dynamo.ts'
import type { Walk, WalkPage, WalkQuery } from './walk.ts'

export interface DynamoWalkOptions extends LedgerTable {
  readonly clock: Clock
}

/** Index queries of one page at most: then it is empty and says where to go on. */
const mostQueries = 400
/** Hours that are read at once, after quiet ones. */
const widestBand = 24
const concurrency = 16
/** Entries that one query looks at. */
const looked = 500

/** Sorts before every record of `at`, and after every earlier one. */
const edge = (at: EpochMs): string => String(at).padStart(13, '0')

/** {@link Walk} over the index by time: every hour in all of its shards, and nothing but the index until an event is wanted. */
export function dynamoWalk(options: DynamoWalkOptions): Walk {
  const reader = ledgerReader(options)
  const isKept = ({ expireAt }: ListedRecord) => expireAt > toSeconds(options.clock.now())
  const page = async <Record extends ListedRecord>(
    query: WalkQuery,
    signal: AbortSignal,
    read: (entries: readonly IndexEntry[], signal: AbortSignal) => Promise<readonly Record[]>,
  ): Promise<WalkPage<Record>> => {
    const { entries, next } = await entriesOf(query, signal, options)
    const records = entries.length === 0 ? [] : await read(entries, signal)
    return { records: records.filter(isKept), ...(next !== undefined && { next }) }
  }
  return {
    whole: (query, signal) => page(query, signal, (entries, end) => reader.whole(entries, end)),
    listed: (query, signal) => page(query, signal, (entries, end) => reader.records(entries, end)),
  }
}

interface Found {
  readonly entries: readonly IndexEntry[]
  readonly next?: string
}

async function entriesOf(query: WalkQuery, signal: AbortSignal, table: LedgerTable): Promise<Found> {
  const end = edge(query.until)
  let low = query.after ?? edge(query.since)
  let queries = 0
  for (let quiet = 0; low < end; quiet += 1) {
    const { buckets, high } = bandOf(low, end, Math.min(widestBand, 2 ** quiet))
    if (queries > 0 && queries + buckets.length > mostQueries) return { entries: [], next: low }
    queries += buckets.length
    const answers = await mapBounded(buckets, concurrency, (bucket) =>
      table.client
        .send(queryOf(table.table, bucket, { low, high, query }), { abortSignal: signal })
        .catch(unavailable),
    )
    const { entries, horizon } = merged(answers, { low, high, query })
    if (entries.length > query.limit) {
      const cut = entries.slice(0, query.limit)
      return { entries: cut, next: cut.at(-1)?.position ?? low }
    }
    low = horizon ?? high
    if (entries.length > 0) return { entries, ...(low < end && { next: low }) }
    if (horizon !== undefined) quiet = -1
  }
  return { entries: [] }
}

interface Band {
  readonly low: string
  readonly high: string
  readonly query: WalkQuery
}

/** The hour in which `low` is and the ones after it, in all of their shards. */
function bandOf(low: string, end: string, width: number) {
  const first = Math.floor(Number(low.slice(0, 13)) / hours(1))
  const last = Math.min(first + width - 1, Math.floor((Number(end) - 1) / hours(1)))
  const starts = Array.from({ length: last - first + 1 }, (_, index) => epochMs((first + index) * hours(1)))
  const shards = Array.from({ length: timeShards }, (_, shard) => shard)
  const after = edge(epochMs((last + 1) * hours(1)))
  return {
    buckets: starts.flatMap((start) => shards.map((shard) => `${hourOf(start)}#${shard}`)),
    high: after < end ? after : end,
  }
}

function queryOf(table: string, bucket: string, { low, high, query }: Band): QueryCommand {
  const { tenant, provider } = query
  return new QueryCommand({
    TableName: table,
    IndexName: byTime.index,
    KeyConditionExpression: '#bucket = :bucket AND #at BETWEEN :low AND :high',
    FilterExpression: `#tenant = :tenant${provider === undefined ? '' : ' AND #provider = :provider'}`,
    ExpressionAttributeNames: {
      '#bucket': byTime.partition,
      '#at': byTime.sort,
      '#tenant': 'tenant',
      ...(provider !== undefined && { '#provider': 'provider' }),
    },
    ExpressionAttributeValues: {
      ':bucket': text(bucket),
      ':low': text(low),
      ':high': text(high),
      ':tenant': text(tenant),
      ...(provider !== undefined && { ':provider': text(provider) }),
    },
    Limit: looked,
  })
}

/** Several partitions as one list, complete up to the first place where one of them has more. */
function merged(
  answers: readonly QueryCommandOutput[],
  { low, high, query }: Band,
): { readonly entries: readonly IndexEntry[]; readonly horizon?: string } {
  const horizon = answers
    .flatMap(({ LastEvaluatedKey }) => LastEvaluatedKey?.[byTime.sort]?.S ?? [])
    .toSorted()
    .at(0)
  const entries = answers
    .flatMap(({ Items = [] }) => Items)
    .filter((item) => query.admits(item['provider']?.S ?? '', item['type']?.S ?? ''))
    .map((item) => ({ id: item[ledgerKey]?.S ?? '', position: item[byTime.sort]?.S ?? '' }))
    .filter(
      ({ position }) => position > low && position < high && (horizon === undefined || position <= horizon),
    )
    .toSorted((a, b) => (a.position < b.position ? -1 : 1))
  return { entries, ...(horizon !== undefined && { horizon }) }
}

function unavailable(cause: unknown): never {
  throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger could not be read', { cause })
}

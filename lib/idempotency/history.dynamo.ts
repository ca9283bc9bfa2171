import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { byDeath, byTime, ledgerKey, timeShards } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, hours, toSeconds, type Clock, type EpochMs } from '../primitives/clock.ts'
import { ledgerReader, type IndexEntry, type LedgerReader } from './ledger-reader.dynamo.ts'
import type { History, HistoryPage, HistoryQuery, ListedRecord } from './history.ts'
import type { LedgerTable } from './ledger-writer.dynamo.ts'
import { hourOf, monthOf, text, toRecord } from './record.dynamo.ts'

export interface DynamoHistoryOptions extends LedgerTable {
  readonly clock: Clock
}

/** Index queries that one page may cost: an empty week is 672. */
const mostQueries = 1_000
/** Hours that are read at once, after quiet ones. */
const widestBand = 24

/** {@link History} on the Ledger table and its two indexes. */
export function dynamoHistory(options: DynamoHistoryOptions): History {
  const { client, table, clock } = options
  const reader = ledgerReader(options)
  const isKept = ({ expireAt }: ListedRecord) => expireAt > toSeconds(clock.now())
  return {
    async get(id, signal) {
      const command = new GetItemCommand({
        TableName: table,
        Key: { [ledgerKey]: text(id) },
        ConsistentRead: true,
      })
      const { Item } = await client.send(command, { abortSignal: signal }).catch((cause: unknown) => {
        throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger could not be read', { cause })
      })
      const record = Item && toRecord(Item)
      return record && isKept(record) ? record : undefined
    },
    events: (query, signal) => readPage(query, bandsOfHours, byTime, reader, isKept, signal),
    dead: (query, signal) =>
      readPage(query, bandsOfMonths, byDeath, reader, (record) => isDead(record) && isKept(record), signal),
  }
}

const isDead = ({ st }: ListedRecord): boolean => st === 'dead'

/** A stretch of time, read at once: its partitions and the sort key below which it has been read to its end. */
interface Band {
  readonly buckets: readonly string[]
  readonly floor: string
}
type Bands = (high: string, low: string, quiet: number) => Band

/** Sorts before every record of `at`, and after every earlier one. */
const edge = (at: EpochMs): string => String(at).padStart(13, '0')
const timeOf = (position: string): EpochMs => epochMs(Number(position.slice(0, 13)))

/** One hour, or more the longer nothing has been found, in all of its shards. */
const bandsOfHours: Bands = (high, low, quiet) => {
  const width = Math.min(widestBand, 2 ** quiet)
  const last = Math.floor((timeOf(high) - (isEdge(high) ? 1 : 0)) / hours(1))
  const first = Math.max(last - width + 1, Math.floor(timeOf(low) / hours(1)))
  const starts = Array.from({ length: last - first + 1 }, (_, index) => epochMs((first + index) * hours(1)))
  const shards = Array.from({ length: timeShards }, (_, shard) => shard)
  const buckets = starts.flatMap((start) => shards.map((shard) => `${hourOf(start)}#${shard}`))
  return { buckets, floor: later(edge(epochMs(first * hours(1))), low) }
}

const bandsOfMonths: Bands = (high, low) => {
  const month = monthOf(epochMs(timeOf(high) - (isEdge(high) ? 1 : 0)))
  return { buckets: [month], floor: later(edge(epochMs(Date.parse(`${month}-01T00:00:00Z`))), low) }
}

const isEdge = (position: string): boolean => position.length === 13
const later = (a: string, b: string): string => (a > b ? a : b)

async function readPage(
  query: HistoryQuery,
  bands: Bands,
  index: typeof byTime | typeof byDeath,
  reader: LedgerReader,
  admits: (record: ListedRecord) => boolean,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const { filter, limit } = query
  if (filter.tenant?.length === 0) return { records: [] }
  const low = edge(query.since)
  const found: ListedRecord[] = []
  let high = query.after ?? edge(query.until)
  let queries = 0
  for (let quiet = 0; high > low;) {
    const { buckets, floor } = bands(high, low, quiet)
    if (queries > 0 && queries + buckets.length > mostQueries) return { records: found, next: high }
    queries += buckets.length
    const read = await reader.entries({ index, buckets, low: floor, high, filter, limit }, signal)
    for (const some of chunks(read.entries, limit - found.length)) {
      const records = await reader.records(some, signal)
      found.push(...records.filter((record) => admits(record) && hasStatus(record, query)))
      if (found.length >= limit) return cut(found, limit, index)
    }
    quiet = read.entries.length > 0 ? 0 : quiet + 1
    high = read.horizon ?? floor
  }
  return { records: found }
}

/** What was read beyond the limit is read again by the next page. */
function cut(
  found: readonly ListedRecord[],
  limit: number,
  index: typeof byTime | typeof byDeath,
): HistoryPage {
  const records = found.slice(0, limit)
  const last = records.at(-1)?.[index.sort]
  return { records, ...(last !== undefined && { next: last }) }
}

const hasStatus = (record: ListedRecord, { filter: { status } }: HistoryQuery): boolean =>
  status === undefined || record.st === status

/** At least what is still wanted, at most what one call takes. */
function* chunks(entries: readonly IndexEntry[], wanted: number): Generator<readonly IndexEntry[]> {
  const size = Math.min(100, Math.max(25, wanted))
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size)
}

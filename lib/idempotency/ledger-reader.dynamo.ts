import {
  BatchGetItemCommand,
  QueryCommand,
  type AttributeValue,
  type BatchGetItemCommandOutput,
  type KeysAndAttributes,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { ledgerKey, type byDeath, type byTime } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import type { HistoryFilter, ListedRecord } from './history.ts'
import type { LedgerTable } from './ledger-writer.dynamo.ts'
import type { LedgerRecord } from './record.ts'
import { readRecord, text, type Item } from './record.dynamo.ts'

export interface IndexEntry {
  readonly id: string
  /** The index's sort key. */
  readonly position: string
}

interface EntriesWanted {
  readonly index: typeof byTime | typeof byDeath
  readonly buckets: readonly string[]
  /** Inclusive. */
  readonly low: string
  /** Exclusive. */
  readonly high: string
  readonly filter: HistoryFilter
  readonly limit: number
}

interface Entries {
  /** Newest first, and complete down to `horizon`. */
  readonly entries: readonly IndexEntry[]
  /** Set when there is more between `low` and here. */
  readonly horizon?: string
}

export interface LedgerReader {
  entries(wanted: EntriesWanted, signal: AbortSignal): Promise<Entries>
  /** The records of at most 100 entries, in their order, without those that are gone or damaged. */
  records(entries: readonly IndexEntry[], signal: AbortSignal): Promise<readonly ListedRecord[]>
  /** The same with what was kept of them, as they stand now. */
  whole(entries: readonly IndexEntry[], signal: AbortSignal): Promise<readonly LedgerRecord[]>
}

const concurrency = 16
/** Entries that one query reads: what a page needs, or more where a filter drops most of them. */
const pageOf = (limit: number, filter: string | undefined): number =>
  filter === undefined ? Math.min(100, Math.max(25, limit + 1)) : 500

const listed = [
  ledgerKey,
  'v',
  'st',
  'owner',
  'fence',
  'attempts',
  'leaseUntil',
  'contentHash',
  'tenant',
  'provider',
  'endpoint',
  'type',
  'via',
  'deliveryKey',
  'receivedAt',
  'expireAt',
  'timeBucket',
  'at',
  'completedAt',
  'reason',
  'steps',
  'flag',
  'replayOf',
  'unsignedId',
  'deadBucket',
  'deadAt',
  'redrives',
  'redrivenAt',
  'redrivenBy',
] as const satisfies readonly (keyof ListedRecord)[]

/** @throws SluiceError `LEDGER_UNAVAILABLE` from both methods when the table does not answer. */
export function ledgerReader({
  client,
  table,
  clock,
}: LedgerTable & { readonly clock: Clock }): LedgerReader {
  return {
    async entries(wanted, signal) {
      const answers = await mapBounded(wanted.buckets, concurrency, (bucket) =>
        client.send(query(table, bucket, wanted), { abortSignal: signal }).catch(unavailable),
      )
      return merge(answers, wanted)
    },
    records: (entries, signal) => read(entries, projection, signal),
    whole: (entries, signal) => read(entries, { ConsistentRead: true }, signal),
  }
  async function read(
    entries: readonly IndexEntry[],
    how: Partial<KeysAndAttributes>,
    signal: AbortSignal,
  ): Promise<readonly LedgerRecord[]> {
    const found = new Map<string, LedgerRecord>()
    let wanted: readonly Item[] = entries.map(({ id }) => ({ [ledgerKey]: text(id) }))
    for (let attempt = 0; wanted.length > 0; attempt += 1) {
      if (attempt >= mostAttempts) throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger is throttled')
      if (attempt > 0) await clock.sleep(ms(firstPauseMs * 2 ** attempt), signal)
      const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...wanted], ...how } } })
      const answer: BatchGetItemCommandOutput = await client
        .send(command, { abortSignal: signal })
        .catch(unavailable)
      for (const item of answer.Responses?.[table] ?? []) {
        const record = readRecord(item)
        if (record) found.set(record.pk, record)
      }
      wanted = answer.UnprocessedKeys?.[table]?.Keys ?? []
    }
    return entries.flatMap(({ id }) => found.get(id) ?? [])
  }
}

/** DynamoDB leaves keys of a batch undone where a partition is throttled. */
const mostAttempts = 5
const firstPauseMs = 50

const projection = {
  ProjectionExpression: listed.map((_, index) => `#${index}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(listed.map((name, index) => [`#${index}`, name])),
}

function query(table: string, bucket: string, wanted: EntriesWanted): QueryCommand {
  const { index, low, high, limit } = wanted
  const filter = filterOf(wanted)
  return new QueryCommand({
    TableName: table,
    IndexName: index.index,
    KeyConditionExpression: '#bucket = :bucket AND #position BETWEEN :low AND :high',
    ExpressionAttributeNames: { '#bucket': index.partition, '#position': index.sort, ...filter?.names },
    ExpressionAttributeValues: {
      ':bucket': text(bucket),
      ':low': text(low),
      ':high': text(high),
      ...filter?.values,
    },
    ...(filter && { FilterExpression: filter.expression }),
    ScanIndexForward: false,
    Limit: pageOf(limit, filter?.expression),
  })
}

/** What the index carries is filtered there; the rest is not for it to decide. */
function filterOf({ filter, index }: EntriesWanted) {
  const set = index.include.flatMap((name) => {
    const wanted = filter[name]
    if (wanted === undefined) return []
    const values = [wanted]
      .flat()
      .map((value, at): [string, AttributeValue] => [`:${name}${at}`, text(value)])
    return [{ name, values }]
  })
  if (set.length === 0) return undefined
  return {
    expression: set
      .map(({ name, values }) => `#${name} IN (${values.map(([variable]) => variable).join(', ')})`)
      .join(' AND '),
    names: Object.fromEntries(set.map(({ name }) => [`#${name}`, name])),
    values: Object.fromEntries(set.flatMap(({ values }) => values)),
  }
}

/**
 * Several partitions as one list. A partition that has more below the last entry it gave limits what is known to be
 * complete: the newest of those ends is the horizon, and entries below it are left for the next look.
 */
function merge(answers: readonly QueryCommandOutput[], { index, high }: EntriesWanted): Entries {
  const horizon = answers
    .flatMap(({ LastEvaluatedKey }) => LastEvaluatedKey?.[index.sort]?.S ?? [])
    .reduce<string | undefined>(
      (newest, end) => (newest === undefined || end > newest ? end : newest),
      undefined,
    )
  const entries = answers
    .flatMap(({ Items = [] }) => Items)
    .map((item) => ({ id: item[ledgerKey]?.S ?? '', position: item[index.sort]?.S ?? '' }))
    .filter(({ position }) => position < high && (horizon === undefined || position >= horizon))
    .toSorted((a, b) => (a.position < b.position ? 1 : -1))
  return { entries, ...(horizon !== undefined && { horizon }) }
}

function unavailable(cause: unknown): never {
  throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger could not be read', { cause })
}

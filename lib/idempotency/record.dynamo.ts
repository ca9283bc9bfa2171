import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { timeShards } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { hours, iso, type EpochMs } from '../primitives/clock.ts'
import type { LedgerRecord } from './record.ts'

export type Item = Record<string, AttributeValue>

export const text = (value: string): AttributeValue => ({ S: value })
export const number = (value: number): AttributeValue => ({ N: String(value) })

/**
 * Reads a Ledger item as it was stored.
 * @throws SluiceError `RECORD_CORRUPT` when it is not one of ours.
 */
export function toRecord(item: Item): LedgerRecord {
  const record = readRecord(item)
  if (!record) throw new SluiceError('RECORD_CORRUPT', 'a ledger item is not a record of version 1')
  return record
}

/** The same for lists, where one damaged item must not hide the others; `undefined` for it. */
export function readRecord(item: Item): LedgerRecord | undefined {
  const record: Record<string, unknown> = {}
  for (const name in item) if (Object.hasOwn(item, name)) record[name] = plain(item[name] as AttributeValue)
  const isOurs =
    record['v'] === 1 &&
    texts.every((name) => typeof record[name] === 'string') &&
    numbers.every((name) => Number.isFinite(record[name]))
  return isOurs ? (record as unknown as LedgerRecord) : undefined
}

const texts = ['pk', 'st', 'owner', 'contentHash'] as const
const numbers = ['fence', 'attempts', 'leaseUntil', 'expireAt'] as const

function plain(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  if (value.B !== undefined) return value.B
  return value.L?.map(plain)
}

/** `YYYY-MM-DDTHH#shard`: one hour of events, spread over shards by the event's id. */
export function timeBucket(id: string, at: EpochMs): string {
  return `${hourOf(at)}#${id.charCodeAt(id.length - 1) % timeShards}`
}

/** `YYYY-MM-DDTHH` in UTC. Events come hour by hour, and writing a date costs as much as the rest of a claim. */
export function hourOf(at: EpochMs): string {
  const hour = Math.floor(at / hours(1))
  if (hour !== lastHour.hour) lastHour = { hour, text: iso(at).slice(0, 13) }
  return lastHour.text
}
let lastHour = { hour: Number.NaN, text: '' }

/** `YYYY-MM` in UTC. */
export const monthOf = (at: EpochMs): string => iso(at).slice(0, 7)

/** Sorts by time and then by id; thirteen digits reach the year 2286. */
export const sortKey = (id: string, at: EpochMs): string => `${String(at).padStart(13, '0')}#${id}`

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { byDeath, byTime, ledgerKey } from '#lib/config/names.ts'
import type { Item } from '#lib/idempotency/record.dynamo.ts'

/**
 * What one write to the Ledger costs: the larger of the item before and after, and for each index whose entry changes
 * the entry, 1 KB a unit.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
export function writeUnits(before: Item | undefined, after: Item): number {
  const table = units(Math.max(sizeOf(before ?? {}), sizeOf(after)))
  return [byTime, byDeath].reduce((sum, index) => sum + indexUnits(index, before, after), table)
}

function indexUnits(index: typeof byTime | typeof byDeath, before: Item | undefined, after: Item): number {
  const [old, now] = [entryOf(index, before), entryOf(index, after)]
  if (JSON.stringify(old) === JSON.stringify(now)) return 0
  const isMoved = old && now && [index.partition, index.sort].some((key) => old[key]?.S !== now[key]?.S)
  if (isMoved) return units(sizeOf(old)) + units(sizeOf(now))
  return units(Math.max(sizeOf(old ?? {}), sizeOf(now ?? {})))
}

/** What an index holds of an item; an item without the index's keys is not in it. */
function entryOf(index: typeof byTime | typeof byDeath, item: Item | undefined): Item | undefined {
  if (!item?.[index.partition] || !item[index.sort]) return undefined
  const names = [ledgerKey, index.partition, index.sort, ...index.include]
  return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])))
}

const units = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1_024))

const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0)

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1
  if (value.B !== undefined) return value.B.byteLength
  if (value.L !== undefined) return 3 + value.L.reduce((sum, each) => sum + 1 + valueSize(each), 0)
  throw new TypeError('the ledger has no values of this kind')
}

import {
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { admin } from './limits.ts'
import { auditKey, controlKeys, ttlAttribute } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, iso, later, toSeconds, type EpochMs } from '../primitives/clock.ts'
import {
  placeOf,
  rowGrammar,
  type AuditIntent,
  type AuditLog,
  type AuditResult,
  type AuditRow,
} from './audit.ts'

export interface DynamoAuditOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

type Item = Readonly<Record<string, AttributeValue>>

const rowsAtOnce = 100
const text = (value: string): AttributeValue => ({ S: value })
const number = (value: number): AttributeValue => ({ N: String(value) })
const digits = (at: number): string => String(at).padStart(13, '0')
/** `2026-11` */
const monthOf = (at: EpochMs): string => iso(at).slice(0, 7)
const keyOf = (row: Pick<AuditIntent, 'at' | 'id'>): Record<string, AttributeValue> => ({
  [controlKeys.partition]: text(auditKey(monthOf(row.at))),
  [controlKeys.sort]: text(placeOf(row)),
})

/** {@link AuditLog} in the Control table: a partition for each month of UTC, an item for each thing that was done. */
export function dynamoAudit(options: DynamoAuditOptions): AuditLog {
  const { client, table: TableName } = options
  return {
    async begin(intent) {
      const { at, requestId, operation, via, actor, role, target } = intent
      const command = new PutItemCommand({
        TableName,
        Item: {
          ...keyOf(intent),
          v: number(1),
          requestId: text(requestId),
          operation: text(operation),
          via: text(via),
          actor: text(actor),
          ...(role && { role: text(role) }),
          target: { M: Object.fromEntries(Object.entries(target).map(([name, id]) => [name, text(id)])) },
          [ttlAttribute]: number(toSeconds(later(at, admin.auditMs))),
        },
      })
      await guarded(() => client.send(command))
    },
    async complete(intent, { outcome, status, tenants, completedAt }) {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(intent),
        UpdateExpression: 'SET outcome = :outcome, answered = :status, tenants = :tenants, completedAt = :at',
        ConditionExpression: `attribute_exists(${controlKeys.partition})`,
        ExpressionAttributeValues: {
          ':outcome': text(outcome),
          ':status': number(status),
          ':tenants': { L: tenants.map(text) },
          ':at': number(completedAt),
        },
      })
      await guarded(() => client.send(command))
    },
    list: listing(options),
  }
}

function listing({ client, table: TableName }: DynamoAuditOptions): AuditLog['list'] {
  return async ({ since, until, after = digits(until) }, signal) => {
    const month = monthOf(epochMs(Number(after.slice(0, 13))))
    const partition = text(auditKey(month))
    const isRow = rowGrammar.test(after)
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :month AND ${controlKeys.sort} BETWEEN :since AND :from`,
      ExpressionAttributeValues: {
        ':month': partition,
        ':since': text(digits(since)),
        // Above every row of an instant.
        ':from': text(isRow ? after : `${after}$`),
      },
      ScanIndexForward: false,
      Limit: rowsAtOnce,
      ...(isRow && {
        ExclusiveStartKey: { [controlKeys.partition]: partition, [controlKeys.sort]: text(after) },
      }),
    })
    const { Items = [], LastEvaluatedKey } = await guarded(() =>
      client.send(command, { abortSignal: signal }),
    )
    const next = LastEvaluatedKey?.[controlKeys.sort]?.S ?? monthBefore(month, since)
    return { rows: Items.map(rowIn), ...(next !== undefined && { next }) }
  }
}

/** The last instant of the month before; `undefined` where nothing is wanted of it. */
function monthBefore(month: string, since: EpochMs): string | undefined {
  const end = Date.parse(`${month}-01T00:00:00Z`) - 1
  return end >= since ? digits(end) : undefined
}

function rowIn(item: Item): AuditRow {
  const [at = '', id = ''] = (item[controlKeys.sort]?.S ?? '').split('#')
  const result = resultIn(item)
  const role = item['role']?.S as AuditRow['role']
  return {
    id,
    at: epochMs(Number(at)),
    requestId: item['requestId']?.S ?? '',
    operation: item['operation']?.S ?? '',
    via: item['via']?.S === 'console' ? 'console' : 'api',
    actor: item['actor']?.S ?? '',
    role,
    target: Object.fromEntries(
      Object.entries(item['target']?.M ?? {}).map(([name, value]) => [name, value.S ?? '']),
    ),
    ...(result && { result }),
  }
}

function resultIn(item: Item): AuditResult | undefined {
  if (!item['outcome']?.S) return undefined
  return {
    outcome: item['outcome'].S as AuditResult['outcome'],
    status: Number(item['answered']?.N ?? 0),
    tenants: (item['tenants']?.L ?? []).map(({ S = '' }) => S),
    completedAt: epochMs(Number(item['completedAt']?.N ?? 0)),
  }
}

/** @throws SluiceError `LEDGER_UNAVAILABLE` */
async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    throw new SluiceError('LEDGER_UNAVAILABLE', 'the audit did not answer', { cause })
  }
}

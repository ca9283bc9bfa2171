import { GetItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { SlotWindow } from '../primitives/time-slots.ts'
import { datedSending, type DatedTable } from './dated-sending.dynamo.ts'
import { emptyLine, type Line } from './limit-line.ts'
import type { LimitLines } from './limit-lines.ts'
import type { LimitScope } from './limiter.ts'

type Item = Readonly<Record<string, AttributeValue>>

/** {@link LimitLines} in the Control table: one item per scope with all of its windows, so that one write takes from all or from none. */
export function dynamoLines(options: DatedTable): LimitLines {
  const { table } = options
  const send = datedSending(options)
  return {
    async read(scope) {
      const command = new GetItemCommand({ TableName: table, Key: keyOf(scope), ConsistentRead: true })
      const answer = (await send(command)) as { readonly Item?: Item }
      return lineIn(answer.Item, scope.windows)
    },
    async swap(scope, seen, to) {
      try {
        await send(swapCommand(table, scope, seen, to))
        return { kind: 'written' }
      } catch (error) {
        if (errorName(error) !== 'ConditionalCheckFailedException') throw error
        const line = lineIn((error as { readonly Item?: Item }).Item, scope.windows)
        // The repeated write of a lost answer.
        return line.by === to.by ? { kind: 'written' } : { kind: 'moved', line }
      }
    },
  }
}

const attributeOf = ({ windowMs }: SlotWindow): string => `next${windowMs}`
const number = (value: number): AttributeValue => ({ N: String(value) })
const neverWritten = 'attribute_not_exists(pk)'
const asSeen = 'lastBy = :seen'

function swapCommand(TableName: string, scope: LimitScope, seen: Line, to: Line & { readonly by: string }) {
  const { windows } = scope
  const ends =
    Math.max(...to.next, to.blockedUntil) + 2 * Math.max(...windows.map(({ windowMs }) => windowMs))
  return new UpdateItemCommand({
    TableName,
    Key: keyOf(scope),
    UpdateExpression: `SET v = :v, lastBy = :by, blockedUntil = :blocked, ${ttlAttribute} = :expire, ${windows
      .map((window, i) => `${attributeOf(window)} = :next${i}`)
      .join(', ')}`,
    ConditionExpression: seen.by === undefined ? neverWritten : asSeen,
    ExpressionAttributeValues: {
      ':v': number(1),
      ':by': { S: to.by },
      ':blocked': number(to.blockedUntil),
      ':expire': number(Math.ceil(ends / 1_000) + 3_600),
      ...Object.fromEntries(to.next.map((at, i) => [`:next${i}`, number(at)])),
      ...(seen.by !== undefined && { ':seen': { S: seen.by } }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
}

/** A window that the item does not know has never been used. */
function lineIn(item: Item | undefined, windows: readonly SlotWindow[]): Line {
  if (!item) return emptyLine(windows)
  return {
    by: item['lastBy']?.S,
    next: windows.map((window) => Number(item[attributeOf(window)]?.N ?? 0)),
    blockedUntil: Number(item['blockedUntil']?.N ?? 0),
  }
}

const keyOf = ({ provider, scope }: LimitScope) => ({
  [controlKeys.partition]: { S: `limit#${hashTuple(provider, scope).toString('base64url')}` },
  [controlKeys.sort]: { S: 'limit' },
})

import {
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { breakerKey, controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { BreakerItems, Tally } from './breaker-items.ts'
import { latestProbe, neverOpened, type BreakerPolicy, type Standing } from './breaker-standing.ts'
import { datedSending, type DatedTable } from './dated-sending.dynamo.ts'

type Item = Readonly<Record<string, AttributeValue>>

/** {@link BreakerItems} in the Control table. */
export function breakerItems(table: DatedTable, policy: BreakerPolicy): BreakerItems {
  const send = datedSending(table)
  const update = updating(table.table, send)
  const expire = (): AttributeValue => number(Math.ceil(table.time.now().latest / 1_000) + 86_400)
  return {
    async read(key) {
      const command = new GetItemCommand({ TableName: table.table, Key: keyOf(key), ConsistentRead: true })
      const { Item: item } = (await send(command)) as { readonly Item?: Item }
      return { standing: standingIn(item), tally: tallyIn(item) }
    },
    swap: async (key, from, to) => standingIn((await update(key, swapping(from, to, expire()))).item),
    async begin(key, way, from, probeUntil) {
      const now = table.time.now()
      const input = beginning(way, from, probeUntil, policy.permits, {
        ':now': number(now.earliest),
        ':absurd': number(latestProbe(now, policy.probeMs)),
      })
      return (await update(key, input)).isWritten
    },
    async giveBack(key, from) {
      await update(key, {
        UpdateExpression: 'SET probeUntil = :zero ADD permits :one',
        ConditionExpression: `${asSeen} AND permits < :all`,
        ExpressionAttributeValues: {
          ':seen': { S: from.by ?? '' },
          ':zero': number(0),
          ':one': number(1),
          ':all': number(policy.permits),
        },
      })
    },
    async tell(key, told) {
      const same = await update(key, adding(told))
      if (same.isWritten) return tallyIn(same.item)
      const isNext = figure(same.item, 'tallyWindow') === told.window - 1
      const fresh = await update(key, starting(told, isNext, expire()))
      return fresh.isWritten ? tallyIn(fresh.item) : undefined
    },
  }
}

type Update = (key: string, input: Partial<UpdateItemCommandInput>) => Promise<Updated>

function updating(TableName: string, send: ReturnType<typeof datedSending>): Update {
  return async (key, input) => {
    const command = new UpdateItemCommand({
      TableName,
      Key: keyOf(key),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...input,
    })
    try {
      return { isWritten: true, item: ((await send(command)) as { readonly Attributes?: Item }).Attributes }
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      return { isWritten: false, item: (error as { readonly Item?: Item }).Item }
    }
  }
}

interface Updated {
  readonly isWritten: boolean
  readonly item: Item | undefined
}

const number = (value: number): AttributeValue => ({ N: String(value) })
const asSeen = 'lastBy = :seen'
const neverOpen = 'attribute_not_exists(lastBy)'

const swapping = (from: Standing, to: Standing, expireAt: AttributeValue) => ({
  UpdateExpression: `SET v = :v, st = :st, lastBy = :by, openedAt = :openedAt, openMs = :openMs, permits = :permits, probeUntil = :probeUntil, failedRow = :none, ${ttlAttribute} = :expire`,
  ConditionExpression: from.by === undefined ? neverOpen : asSeen,
  ExpressionAttributeValues: {
    ':v': number(1),
    ':st': { S: to.state },
    ':by': { S: to.by ?? '' },
    ':openedAt': number(to.openedAt),
    ':openMs': number(to.openMs),
    ':permits': number(to.permits),
    ':probeUntil': number(to.probeUntil),
    ':none': number(0),
    ':expire': expireAt,
    ...(from.by !== undefined && { ':seen': { S: from.by } }),
  },
})

function beginning(
  way: 'permit' | 'dead',
  from: Standing,
  probeUntil: number,
  permits: number,
  now: Readonly<Record<':now' | ':absurd', AttributeValue>>,
) {
  const values = { ':seen': { S: from.by ?? '' }, ':until': number(probeUntil), ':zero': number(0) }
  if (way === 'permit')
    return {
      UpdateExpression: 'SET probeUntil = :until ADD permits :less',
      ConditionExpression: `${asSeen} AND permits > :zero`,
      ExpressionAttributeValues: { ...values, ':less': number(-1) },
    }
  return {
    UpdateExpression: 'SET probeUntil = :until, permits = :left',
    ConditionExpression: `${asSeen} AND permits <= :zero AND (probeUntil < :now OR probeUntil > :absurd)`,
    ExpressionAttributeValues: { ...values, ...now, ':left': number(permits - 1) },
  }
}

/** Windows further ahead than the next can't be: a skewed clock must not end the counting. */
const withinReach = 'tallyWindow >= :window AND tallyWindow <= :next'

const adding = ({ window, failures, successes, row = failures }: Tally) => ({
  UpdateExpression:
    successes > 0
      ? 'SET failedRow = :zero ADD failures :failures, successes :successes'
      : 'ADD failures :failures, successes :successes, failedRow :row',
  ConditionExpression: withinReach,
  ExpressionAttributeValues: {
    ':failures': number(failures),
    ':successes': number(successes),
    ':window': number(window),
    ':next': number(window + 1),
    ...(successes > 0 ? { ':zero': number(0) } : { ':row': number(row) }),
  },
})

/** A new half window; the one just over is kept beside it. */
const starting = (
  { window, failures, successes, row = failures }: Tally,
  isNext: boolean,
  expireAt: AttributeValue,
) => ({
  UpdateExpression: `SET v = :v, tallyWindow = :window, ${isNext ? 'failuresBefore = failures, successesBefore = successes' : 'failuresBefore = :zero, successesBefore = :zero'}, failures = :failures, successes = :successes, ${ttlAttribute} = :expire${successes > 0 ? ', failedRow = :zero' : ' ADD failedRow :row'}`,
  ConditionExpression: isNext
    ? 'tallyWindow = :last'
    : 'attribute_not_exists(tallyWindow) OR tallyWindow < :last OR tallyWindow > :next',
  ExpressionAttributeValues: {
    ':v': number(1),
    ':failures': number(failures),
    ':successes': number(successes),
    ':window': number(window),
    ':last': number(window - 1),
    ':expire': expireAt,
    ...(!isNext && { ':next': number(window + 1) }),
    ...((!isNext || successes > 0) && { ':zero': number(0) }),
    ...(successes === 0 && { ':row': number(row) }),
  },
})

const figure = (item: Item | undefined, name: string): number => Number(item?.[name]?.N ?? 0)

function standingIn(item: Item | undefined): Standing {
  const by = item?.['lastBy']?.S
  if (by === undefined) return neverOpened
  return {
    state: item?.['st']?.S === 'open' ? 'open' : 'closed',
    by,
    openedAt: figure(item, 'openedAt'),
    openMs: figure(item, 'openMs'),
    permits: figure(item, 'permits'),
    probeUntil: figure(item, 'probeUntil'),
  }
}

const tallyIn = (item: Item | undefined): Tally => ({
  window: figure(item, 'tallyWindow'),
  failures: figure(item, 'failures') + figure(item, 'failuresBefore'),
  successes: figure(item, 'successes') + figure(item, 'successesBefore'),
  row: figure(item, 'failedRow'),
})

const keyOf = (key: string) => ({
  [controlKeys.partition]: { S: breakerKey(hashTuple(key).toString('base64url')) },
  [controlKeys.sort]: { S: 'breaker' },
})

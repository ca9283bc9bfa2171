import {
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { polling } from '../config/defaults.ts'
import { controlKeys, judgedKey, missedKey, ttlAttribute } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, later, toSeconds, type EpochMs } from '../primitives/clock.ts'
import type { Missed, MissedLedger, MissedWanted } from './missed-ledger.ts'

export interface DynamoMissedOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

const text = (value: string): AttributeValue => ({ S: value })
const number = (value: number): AttributeValue => ({ N: String(value) })
const timeText = (at: EpochMs): string => String(at).padStart(13, '0')
const judgedItem = { [controlKeys.partition]: text(judgedKey), [controlKeys.sort]: text('state') }

/** {@link MissedLedger} in the Control table: a partition for each tenant, an item for each poll and minute with a miss. */
export function dynamoMissedLedger(options: DynamoMissedOptions): MissedLedger {
  const { client, table: TableName } = options
  return {
    list: listing(options),
    async set({ tenant, provider, connection, stream, count, at }) {
      const command = new UpdateItemCommand({
        TableName,
        Key: {
          [controlKeys.partition]: text(missedKey(tenant)),
          [controlKeys.sort]: text(`${timeText(at)}#${connection}#${stream}`),
        },
        UpdateExpression: `SET provider = :provider, missed = :missed, ${ttlAttribute} = :end`,
        ExpressionAttributeValues: {
          ':provider': text(provider),
          ':missed': number(count),
          ':end': number(toSeconds(later(at, polling.missedRetentionMs))),
        },
      })
      await guarded(() => client.send(command))
    },
    async judged() {
      const command = new GetItemCommand({ TableName, Key: judgedItem, ConsistentRead: true })
      const { Item } = await guarded(() => client.send(command))
      return Item && Number(Item['minute']?.N)
    },
    async setJudged(minute) {
      const command = new UpdateItemCommand({
        TableName,
        Key: judgedItem,
        UpdateExpression: 'SET #minute = :minute',
        ExpressionAttributeNames: { '#minute': 'minute' },
        ExpressionAttributeValues: { ':minute': number(minute) },
      })
      await guarded(() => client.send(command))
    },
  }
}

function listing({ client, table: TableName }: DynamoMissedOptions): MissedLedger['list'] {
  return async ({ tenant, since, until, after, limit }: MissedWanted, signal) => {
    const partition = text(missedKey(tenant))
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :tenant AND ${controlKeys.sort} BETWEEN :since AND :until`,
      ExpressionAttributeValues: {
        ':tenant': partition,
        ':since': text(timeText(since)),
        // Above every item of the last millisecond.
        ':until': text(`${timeText(until)}$`),
      },
      ScanIndexForward: false,
      Limit: limit,
      ...(after !== undefined && {
        ExclusiveStartKey: { [controlKeys.partition]: partition, [controlKeys.sort]: text(after) },
      }),
    })
    const { Items = [], LastEvaluatedKey } = await guarded(() =>
      client.send(command, { abortSignal: signal }),
    )
    const next = LastEvaluatedKey?.[controlKeys.sort]?.S
    const items = Items.map((item): Missed => {
      const [time, connection = '', stream = ''] = (item[controlKeys.sort]?.S ?? '').split('#')
      const provider = item['provider']?.S ?? ''
      const count = Number(item['missed']?.N ?? 0)
      return { tenant, provider, connection, stream, count, at: epochMs(Number(time)) }
    })
    return { items, ...(next !== undefined && { next }) }
  }
}

/** @throws SluiceError `LEDGER_UNAVAILABLE` */
async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger of missed webhooks did not answer', { cause })
  }
}

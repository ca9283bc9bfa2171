import {
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { hashTuple } from '../primitives/bytes.ts'
import { hours, later, toSeconds, type EpochMs } from '../primitives/clock.ts'
import type { ConnectLink, ConnectState, ConnectStore, Used } from './connect-store.ts'

export interface DynamoConnectStoreOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

type Item = Readonly<Record<string, AttributeValue>>
type Kind = 'link' | 'state'

/** {@link ConnectStore} in the Control table, one item each. */
export function dynamoConnectStore({ client, table: TableName }: DynamoConnectStoreOptions): ConnectStore {
  const add = async (kind: Kind, id: string, value: ConnectLink): Promise<void> => {
    const Item = {
      ...keyOf(kind, id),
      v: { N: '1' },
      said: { S: JSON.stringify(value) },
      until: { N: String(value.expiresAt) },
      // A used one is remembered for a while, so that it is told from one that never was.
      [ttlAttribute]: { N: String(toSeconds(later(value.expiresAt, hours(24)))) },
    }
    const command = new PutItemCommand({
      TableName,
      Item,
      // The repeated write of a lost answer finds its own.
      ConditionExpression: 'attribute_not_exists(pk) OR (said = :said AND attribute_not_exists(usedBy))',
      ExpressionAttributeValues: { ':said': Item.said },
    })
    await client.send(command)
  }
  const use = async <T>(kind: Kind, id: string, mark: string, now: EpochMs): Promise<Used<T>> => {
    const command = new UpdateItemCommand({
      TableName,
      Key: keyOf(kind, id),
      UpdateExpression: 'SET usedBy = :mark',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(usedBy) AND #until > :now',
      ExpressionAttributeNames: { '#until': 'until' },
      ExpressionAttributeValues: { ':mark': { S: mark }, ':now': { N: String(now) } },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      return first((await client.send(command)).Attributes)
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      const { Item: found } = error as { readonly Item?: Item }
      // The repeated write of a lost answer.
      if (found?.['usedBy']?.S === mark) return first(found)
      return found?.['usedBy'] ? { kind: 'used' } : { kind: 'unknown' }
    }
  }
  return {
    addLink: (id, link) => add('link', id, link),
    useLink: (id, mark, now) => use('link', id, mark, now),
    addState: (id, state: ConnectState) => add('state', id, state),
    async readState(id, now) {
      const command = new GetItemCommand({ TableName, Key: keyOf('state', id), ConsistentRead: true })
      const { Item } = await client.send(command)
      if (!Item || Number(Item['until']?.N) <= now) return { kind: 'unknown' }
      return Item['usedBy'] ? { kind: 'used' } : first(Item)
    },
    useState: (id, mark, now) => use('state', id, mark, now),
  }
}

const keyOf = (kind: Kind, id: string) => ({
  [controlKeys.partition]: { S: `connect-${kind}#${hashTuple(kind, id).toString('base64url')}` },
  [controlKeys.sort]: { S: kind },
})

const first = <T>(item: Item | undefined): Used<T> => ({
  kind: 'first',
  value: JSON.parse(item?.['said']?.S ?? '{}') as T,
})

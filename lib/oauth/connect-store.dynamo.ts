import {
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { epochMs, hours, later, toSeconds, type EpochMs } from '../primitives/clock.ts'
import {
  linkName,
  stateName,
  type ConnectLink,
  type ConnectState,
  type ConnectStore,
  type FlowEnd,
  type ReadState,
  type Used,
} from './connect-store.ts'

export interface DynamoConnectStoreOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

type Item = Readonly<Record<string, AttributeValue>>
type Kind = 'link' | 'state'
interface Place {
  readonly kind: Kind
  readonly name: string
}

/** A used one is remembered for a while, so that it is told from one that never was; a state longer than its link. */
const remembered = { link: hours(24), state: hours(25) } as const

const link = (id: string): Place => ({ kind: 'link', name: linkName(id) })
const state = (id: string): Place => ({ kind: 'state', name: stateName(id) })

/** {@link ConnectStore} in the Control table, one item each. */
export function dynamoConnectStore(options: DynamoConnectStoreOptions): ConnectStore {
  const items = itemsIn(options)
  const readState = async (name: string, now: EpochMs): Promise<ReadState> =>
    stateOf(await items.read({ kind: 'state', name }), now)
  return {
    addLink: (id, value) => items.add(link(id), value),
    useLink: (id, flow, now) => items.use(link(id), flow, now),
    async follow(name, now) {
      const item = await items.read({ kind: 'link', name })
      if (!item) return undefined
      const flow = item['usedBy']?.S
      return {
        link: said(item) as ConnectLink,
        wasOpened: flow !== undefined,
        flow: flow === undefined ? { kind: 'unknown' } : await readState(flow, now),
      }
    },
    addState: (id, value: ConnectState) => items.add(state(id), value),
    readState: (id, now) => readState(stateName(id), now),
    useState: (id, mark, now) => items.use(state(id), mark, now),
    endFlow: (id, how) => items.end(state(id), how),
  }
}

function itemsIn({ client, table: TableName }: DynamoConnectStoreOptions) {
  return {
    async add(place: Place, value: ConnectLink): Promise<void> {
      await client.send(new PutItemCommand({ TableName, ...newItem(place, value) }))
    },
    async use<T>(place: Place, mark: string, now: EpochMs): Promise<Used<T>> {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(place),
        UpdateExpression: 'SET usedBy = :mark, usedAt = :now',
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
    },
    async read(place: Place): Promise<Item | undefined> {
      const command = new GetItemCommand({ TableName, Key: keyOf(place), ConsistentRead: true })
      return (await client.send(command)).Item
    },
    async end(place: Place, how: FlowEnd): Promise<void> {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(place),
        UpdateExpression: 'SET ended = :how',
        ConditionExpression: 'attribute_exists(usedBy)',
        ExpressionAttributeValues: { ':how': { S: JSON.stringify(how) } },
      })
      await client.send(command)
    },
  }
}

function newItem(place: Place, value: ConnectLink) {
  const Item = {
    ...keyOf(place),
    v: { N: '1' },
    said: { S: JSON.stringify(value) },
    until: { N: String(value.expiresAt) },
    [ttlAttribute]: { N: String(toSeconds(later(value.expiresAt, remembered[place.kind]))) },
  }
  return {
    Item,
    // The repeated write of a lost answer finds its own.
    ConditionExpression: 'attribute_not_exists(pk) OR (said = :said AND attribute_not_exists(usedBy))',
    ExpressionAttributeValues: { ':said': Item.said },
  }
}

const keyOf = ({ kind, name }: Place) => ({
  [controlKeys.partition]: { S: `connect-${kind}#${name}` },
  [controlKeys.sort]: { S: kind },
})

const said = (item: Item | undefined): unknown => JSON.parse(item?.['said']?.S ?? '{}')
const first = <T>(item: Item | undefined): Used<T> => ({ kind: 'first', value: said(item) as T })

function stateOf(item: Item | undefined, now: EpochMs): ReadState {
  if (item?.['usedBy']) {
    const ended = item['ended']?.S
    return {
      kind: 'used',
      value: said(item) as ConnectState,
      usedAt: epochMs(Number(item['usedAt']?.N ?? 0)),
      ...(ended !== undefined && { end: JSON.parse(ended) as FlowEnd }),
    }
  }
  if (!item || Number(item['until']?.N) <= now) return { kind: 'unknown' }
  return { kind: 'first', value: said(item) as ConnectState }
}

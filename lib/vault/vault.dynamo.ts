import {
  BatchGetItemCommand,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { byConnection, byRefresh, controlKeys, refreshShards } from '../config/names.ts'
import { describeError, errorName, SluiceError } from '../errors/sluice-error.ts'
import type { Clock, EpochMs } from '../primitives/clock.ts'
import {
  connectionKey,
  instant,
  itemOf,
  number,
  refreshBucket,
  text,
  toConnection,
  tokenItem,
  type Item,
} from './connection.dynamo.ts'
import type { Connection, ReauthCause } from './connection.ts'
import type { DataKeys } from './data-keys.ts'
import type { Lease, LeaseOutcome, SaveOutcome, TokenFacts, Vault } from './vault.ts'
import { keysItem, wrappedKeysIn } from './wrapped-keys.dynamo.ts'

export interface DynamoVaultOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Connections table. */
  readonly table: string
  readonly clock: Clock
  /** Asked whether the tenant's keys are wanted along with a read. */
  readonly keys?: Pick<DataKeys, 'isWarm' | 'offer'>
}

type Values = Record<string, AttributeValue>
interface Write {
  readonly id: string
  readonly update: string
  readonly condition: string
  readonly values: Values
}
type Written =
  | { readonly kind: 'written'; readonly item: Item }
  | { readonly kind: 'refused'; readonly found: Item | undefined }

const isMine = '#owner = :me AND version = :version AND st <> :deleted'
const names = { '#owner': 'owner' }

/** {@link Vault} in one DynamoDB table. */
export function dynamoVault(options: DynamoVaultOptions): Vault {
  const { client, table: TableName } = options
  const write = writer(options)
  /** Ends a lease by a write that moves the version on. Our own owner with the next version in the item: it was us. */
  const end = async (lease: Lease, set: string, remove: string, values: Values): Promise<SaveOutcome> => {
    const answer = await write({
      id: lease.id,
      update: `SET version = :next, leaseUntil = :zero, ${set} REMOVE ${remove}`,
      condition: isMine,
      values: {
        ':me': text(lease.owner),
        ':version': number(lease.version),
        ':next': number(lease.version + 1),
        ':zero': number(0),
        ':deleted': text('deleted'),
        ...values,
      },
    })
    if (answer.kind === 'written') return 'saved'
    const { found } = answer
    const wasUs = found?.['owner']?.S === lease.owner && found['version']?.N === String(lease.version + 1)
    return wasUs && found['st']?.S !== 'deleted' ? 'saved' : 'lost'
  }
  return {
    get: (tenant, id, { consistent = false } = {}) => guarded(() => read(tenant, id, consistent, options)),
    async connect(connection, owner) {
      const set = Object.entries(itemOf(connection))
      const answer = await write({
        id: connection.id,
        update: `SET ${set.map(([name]) => `${name} = :${name}`).join(', ')}, refreshBucket = :bucket, v = :v, leaseUntil = :zero, failures = :zero, #owner = :me REMOVE ${unsaid(connection)} ADD version :one`,
        condition: '#owner <> :me',
        values: {
          ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
          ':bucket': text(refreshBucket(connection.id)),
          ':v': number(1),
          ':zero': number(0),
          ':one': number(1),
          ':me': text(owner),
        },
      })
      const item = answer.kind === 'written' ? answer.item : answer.found
      return toConnection(item ?? {})
    },
    async activate(tenant, id) {
      const answer = await write({
        id,
        update: 'SET st = :active ADD version :one',
        condition: 'tenant = :tenant AND st = :pending',
        values: {
          ':active': text('active'),
          ':one': number(1),
          ':tenant': text(tenant),
          ':pending': text('pending'),
        },
      })
      if (answer.kind === 'written') return 'saved'
      const isActive = answer.found?.['st']?.S === 'active' && answer.found['tenant']?.S === tenant
      return isActive ? 'saved' : 'lost'
    },
    lease: async (connection, owner, until) => {
      const now = options.clock.now()
      const answer = await write({
        id: connection.id,
        update: 'SET #owner = :me, leaseUntil = :until',
        condition: 'version = :version AND leaseUntil <= :now AND st = :active AND #owner <> :me',
        values: {
          ':me': text(owner),
          ':until': number(until),
          ':version': number(connection.version),
          ':now': number(now),
          ':active': text('active'),
        },
      })
      return leased(answer, connection, owner, until)
    },
    save: (lease, facts) => {
      const set = Object.entries(tokenItem(facts))
      return end(
        lease,
        [...set.map(([name]) => `${name} = :${name}`), 'failures = :zero'].join(', '),
        unsaid(facts),
        Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      )
    },
    async release(lease, nextRefreshAt) {
      const answer = await write({
        id: lease.id,
        update: `SET leaseUntil = :zero, ${byRefresh.sort} = :next ADD failures :one`,
        condition: `${isMine} AND leaseUntil <> :zero`,
        values: {
          ':me': text(lease.owner),
          ':version': number(lease.version),
          ':deleted': text('deleted'),
          ':zero': number(0),
          ':next': text(instant(nextRefreshAt)),
          ':one': number(1),
        },
      })
      return answer.kind === 'written' || isReleased(answer.found, lease) ? 'saved' : 'lost'
    },
    needsReauth: (lease, cause: ReauthCause) =>
      end(lease, 'st = :st, cause = :cause', byRefresh.sort, {
        ':st': text('needs_reauth'),
        ':cause': text(cause),
      }),
    async disconnect(tenant, id) {
      const before = await guarded(() => read(tenant, id, true, options))
      if (!before || before.state === 'deleted') return before
      await write({
        id,
        update: `SET st = :deleted, leaseUntil = :zero REMOVE tokens, cause, ${byRefresh.sort} ADD version :one`,
        condition: 'tenant = :tenant AND st <> :deleted',
        values: {
          ':deleted': text('deleted'),
          ':zero': number(0),
          ':one': number(1),
          ':tenant': text(tenant),
        },
      })
      return before
    },
    async due(now, limit) {
      const shards = Array.from({ length: refreshShards }, (_, shard) => shard)
      const found = await Promise.all(
        shards.map((shard) =>
          guarded(() =>
            client.send(
              new QueryCommand({
                TableName,
                IndexName: byRefresh.index,
                KeyConditionExpression: `${byRefresh.partition} = :bucket AND ${byRefresh.sort} <= :now`,
                ExpressionAttributeValues: { ':bucket': text(`due#${shard}`), ':now': text(instant(now)) },
                Limit: limit,
              }),
            ),
          ),
        ),
      )
      return found
        .flatMap(({ Items = [] }) => Items)
        .toSorted((a, b) => ((a[byRefresh.sort]?.S ?? '') < (b[byRefresh.sort]?.S ?? '') ? -1 : 1))
        .slice(0, limit)
        .map((item) => ({ tenant: item['tenant']?.S ?? '', id: item['id']?.S ?? '' }))
    },
    async list(tenant, after, limit) {
      const from = tenant === undefined ? '' : `${tenant}#`
      const answer = await guarded(() =>
        client.send(
          new QueryCommand({
            TableName,
            IndexName: byConnection.index,
            KeyConditionExpression: `${byConnection.partition} = :all AND begins_with(${byConnection.sort}, :from)`,
            ExpressionAttributeValues: { ':all': text('connections'), ':from': text(from) },
            Limit: limit,
            ...(after !== undefined && { ExclusiveStartKey: startKey(after) }),
          }),
        ),
      )
      const last = answer.LastEvaluatedKey?.[byConnection.sort]?.S
      const ids = (answer.Items ?? []).flatMap((item) => item['id']?.S ?? [])
      const found = await guarded(() => readAll(ids, options))
      return { connections: found, ...(last !== undefined && { next: last }) }
    },
  }
}

/** In the order of `ids`; at most a hundred of them. */
async function readAll(
  ids: readonly string[],
  { client, table: TableName }: DynamoVaultOptions,
): Promise<readonly Connection[]> {
  if (ids.length === 0) return []
  const command = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: ids.map(connectionKey) } } })
  const { Responses, UnprocessedKeys } = await client.send(command)
  if (UnprocessedKeys?.[TableName]) throw new Error('the table did not answer for every key')
  const found = new Map((Responses?.[TableName] ?? []).map((item) => [item['id']?.S, toConnection(item)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Attributes that an earlier grant may have left, and this one does not have. */
const unsaid = (facts: TokenFacts): string =>
  [
    'cause',
    facts.expiresAt === undefined && 'expiresAt',
    facts.hardExpiresAt === undefined && 'hardExpiresAt',
    facts.refreshAt === undefined && byRefresh.sort,
  ]
    .filter(Boolean)
    .join(', ')

const startKey = (after: string) => ({
  [byConnection.partition]: text('connections'),
  [byConnection.sort]: text(after),
  ...connectionKey(after.slice(after.indexOf('#') + 1)),
})

/** One request for the item, and for the tenant's keys when those will be wanted and are not at hand. */
async function read(
  tenant: string,
  id: string,
  ConsistentRead: boolean,
  { client, table: TableName, keys }: DynamoVaultOptions,
): Promise<Connection | undefined> {
  const own = (item: Item | undefined): Connection | undefined =>
    item?.['tenant']?.S === tenant ? toConnection(item) : undefined
  if (!keys || keys.isWarm(tenant)) {
    const command = new GetItemCommand({ TableName, Key: connectionKey(id), ConsistentRead })
    return own((await client.send(command)).Item)
  }
  const Keys = [connectionKey(id), keysItem(tenant)]
  const command = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead } } })
  const { Responses, UnprocessedKeys } = await client.send(command)
  if (UnprocessedKeys?.[TableName]) throw new Error('the table did not answer for every key')
  const items = Responses?.[TableName] ?? []
  keys.offer(tenant, wrappedKeysIn(items.find((item) => item[controlKeys.sort]?.S === 'keys')))
  return own(items.find((item) => item[controlKeys.sort]?.S === 'connection'))
}

function leased(answer: Written, connection: Connection, owner: string, until: EpochMs): LeaseOutcome {
  const { id, version } = connection
  const lease: Lease = { id, owner, version, leaseUntil: until }
  if (answer.kind === 'written') return { kind: 'leased', lease, inherited: connection.leaseUntil > 0 }
  const { found } = answer
  if (!found) return { kind: 'gone' }
  const stands = toConnection(found)
  if (stands.version !== version || stands.state !== 'active') return { kind: 'moved', connection: stands }
  // The repeated write of a lost answer.
  if (stands.owner === owner) return { kind: 'leased', lease, inherited: connection.leaseUntil > 0 }
  return { kind: 'busy', leaseUntil: stands.leaseUntil }
}

const isReleased = (found: Item | undefined, lease: Lease): boolean =>
  found?.['owner']?.S === lease.owner && found['leaseUntil']?.N === '0'

function writer({ client, table }: DynamoVaultOptions): (write: Write) => Promise<Written> {
  return async ({ id, update, condition, values }) => {
    const usesOwner = `${update} ${condition}`.includes('#owner')
    const command = new UpdateItemCommand({
      TableName: table,
      Key: connectionKey(id),
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeValues: values,
      ...(usesOwner && { ExpressionAttributeNames: names }),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      const { Attributes = {} } = await client.send(command)
      return { kind: 'written', item: Attributes }
    } catch (error) {
      if (errorName(error) === 'ConditionalCheckFailedException')
        return { kind: 'refused', found: (error as { readonly Item?: Item }).Item }
      throw unavailable(error)
    }
  }
}

async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw error instanceof SluiceError ? error : unavailable(error)
  }
}

const unavailable = (error: unknown): SluiceError =>
  new SluiceError('VAULT_UNAVAILABLE', `the table of connections: ${describeError(error)}`, { cause: error })

import { BatchGetItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { byRefresh, controlKeys } from '../config/names.ts'
import type { Clock } from '../primitives/clock.ts'
import {
  connectionKey,
  instant,
  number,
  placing,
  text,
  toConnection,
  type Item,
} from './connection.dynamo.ts'
import type { Connection } from './connection.ts'
import { connectionWriter, guarded, type ConnectionsTable, type Writer } from './connection-writer.dynamo.ts'
import type { DataKeys } from './data-keys.ts'
import { dynamoKeyConnections } from './key-connections.dynamo.ts'
import { dynamoLeases } from './leases.dynamo.ts'
import type { Vault } from './vault.ts'
import { keysItem, tenantKeysIn } from './wrapped-keys.dynamo.ts'

export interface DynamoVaultOptions extends ConnectionsTable {
  readonly clock: Clock
  /** Asked whether the tenant's keys are wanted along with a read. */
  readonly keys?: Pick<DataKeys, 'isWarm' | 'offer'>
}

/** {@link Vault} in one DynamoDB table. */
export function dynamoVault(options: DynamoVaultOptions): Vault {
  const write = connectionWriter(options)
  return {
    get: (tenant, id, { consistent = false } = {}) => guarded(() => read(tenant, id, consistent, options)),
    connect: connecting(write),
    ...dynamoKeyConnections(write),
    ...stateChanges(write, options.clock),
    ...marking(write, options.clock),
    ...dynamoLeases(write, options.clock),
  }
}

function connecting(write: Writer): Vault['connect'] {
  return async (connection, owner) => {
    const placed = placing({ ...connection, kind: 'oauth' }, owner)
    const answer = await write({ ...placed, condition: '#owner <> :me' })
    const item = answer.kind === 'written' ? answer.item : answer.found
    return toConnection(item ?? {})
  }
}

function stateChanges(write: Writer, clock: Clock): Pick<Vault, 'activate' | 'disconnect'> {
  return {
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
    async disconnect(tenant, id) {
      const answer = await write({
        id,
        update: `SET st = :deleted, leaseUntil = :zero, ${byRefresh.sort} = :now REMOVE cause ADD version :one`,
        condition: 'tenant = :tenant AND st <> :deleted',
        values: {
          ':deleted': text('deleted'),
          ':zero': number(0),
          ':one': number(1),
          ':tenant': text(tenant),
          ':now': text(instant(clock.now())),
        },
      })
      if (answer.kind === 'written') return 'saved'
      return answer.found?.['tenant']?.S === tenant ? 'saved' : 'lost'
    },
  }
}

function marking(write: Writer, clock: Clock): Pick<Vault, 'forget' | 'hasten'> {
  return {
    async forget({ id, version }) {
      const answer = await write({
        id,
        update: `REMOVE tokens, ${byRefresh.sort}`,
        condition: 'st = :deleted AND version = :version',
        values: { ':deleted': text('deleted'), ':version': number(version) },
      })
      return answer.kind === 'written' ? 'saved' : 'lost'
    },
    async hasten(tenant, id) {
      const answer = await write({
        id,
        update: `SET ${byRefresh.sort} = :now`,
        condition: `tenant = :tenant AND st = :active AND attribute_exists(${byRefresh.sort})`,
        values: {
          ':now': text(instant(clock.now())),
          ':tenant': text(tenant),
          ':active': text('active'),
        },
      })
      return answer.kind === 'written' ? 'saved' : 'lost'
    },
  }
}

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
  keys.offer(tenant, tenantKeysIn(items.find((item) => item[controlKeys.sort]?.S === 'keys')))
  return own(items.find((item) => item[controlKeys.sort]?.S === 'connection'))
}

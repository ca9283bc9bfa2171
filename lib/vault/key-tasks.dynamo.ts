import { GetItemCommand, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { byRefresh } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { epochMs, type Clock, type EpochMs } from '../primitives/clock.ts'
import { guarded } from './connection-writer.dynamo.ts'
import { instant, number, refreshBucket, text } from './connection.dynamo.ts'
import { keysId, type KeyFacts, type KeyTask, type KeyTasks } from './key-tasks.ts'
import { keysItem, tenantKeysIn, type DynamoWrappedKeysOptions } from './wrapped-keys.dynamo.ts'

const names = { '#task': 'task', '#at': byRefresh.sort, '#bucket': byRefresh.partition }

type Update = (tenant: string, change: Partial<UpdateItemCommandInput>) => Promise<boolean>

/**
 * {@link KeyTasks} in the item of the keys itself, which thereby is among what is due, as a connection is that was
 * disconnected.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the table does not answer.
 */
export function dynamoKeyTasks(options: DynamoWrappedKeysOptions & { readonly clock: Clock }): KeyTasks {
  const { client, table: TableName, clock } = options
  const update: Update = async (tenant, change) => {
    const Key = keysItem(tenant)
    const command = new UpdateItemCommand({ TableName, Key, ExpressionAttributeNames: names, ...change })
    try {
      await client.send(command)
      return true
    } catch (error) {
      if (errorName(error) === 'ConditionalCheckFailedException') return false
      throw error
    }
  }
  return {
    about: (tenant) => guarded(() => read(tenant, options)),
    ask: (tenant, task) => guarded(() => update(tenant, asking(tenant, task, clock.now()))),
    rewrapped: async (tenant, startedAt) =>
      void (await guarded(() => update(tenant, doneBy(clock.now(), startedAt)))),
  }
}

async function read(
  tenant: string,
  { client, table: TableName }: DynamoWrappedKeysOptions,
): Promise<KeyFacts | undefined> {
  const command = new GetItemCommand({ TableName, Key: keysItem(tenant), ConsistentRead: true })
  const { Item } = await client.send(command)
  if (!Item) return undefined
  const rewrappedAt = Item['rewrappedAt']?.N
  const task = Item['task']?.S as KeyTask | undefined
  return {
    keys: tenantKeysIn(Item).wrapped.size,
    ...(task !== undefined && { task }),
    ...(rewrappedAt !== undefined && { rewrappedAt: epochMs(Number(rewrappedAt)) }),
  }
}

const asking = (tenant: string, task: KeyTask, now: EpochMs): Partial<UpdateItemCommandInput> => ({
  UpdateExpression: 'SET #task = :task, tenant = :tenant, id = :id, #bucket = :bucket, #at = :now',
  // What is to be destroyed stays so.
  ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(#task) OR #task <> :final)',
  ExpressionAttributeValues: {
    ':task': text(task),
    ':final': text(task === 'shred' ? 'none' : 'shred'),
    ':tenant': text(tenant),
    ':id': text(keysId),
    ':bucket': text(refreshBucket(keysId)),
    ':now': text(instant(now)),
  },
})

const doneBy = (now: EpochMs, startedAt: EpochMs): Partial<UpdateItemCommandInput> => ({
  UpdateExpression: 'SET rewrappedAt = :now REMOVE #task, #bucket, #at',
  // Keys that were shredded meanwhile are not brought back, nor is what was asked for since forgotten.
  ConditionExpression: '#task = :task AND #at <= :started',
  ExpressionAttributeValues: {
    ':now': number(now),
    ':task': text('rewrap'),
    ':started': text(instant(startedAt)),
  },
})

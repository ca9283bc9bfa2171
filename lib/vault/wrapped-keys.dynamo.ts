import {
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { controlKeys } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import type { WrappedKeys, WrappedKeyStore } from './wrapped-keys.ts'

export interface DynamoWrappedKeysOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Connections table. */
  readonly table: string
}

type Item = Readonly<Record<string, AttributeValue>>

/** Key of the one item that holds all keys of a tenant, so that one delete shreds them. */
export const keysItem = (tenant: string) => ({
  [controlKeys.partition]: { S: `tenant#${tenant}` },
  [controlKeys.sort]: { S: 'keys' },
})

/** The wrapped keys in {@link keysItem}'s item: an attribute `k{epoch}` each. */
export const wrappedKeysIn = (item: Item | undefined): WrappedKeys =>
  new Map(
    Object.entries(item ?? {}).flatMap(([name, value]) =>
      /^k\d+$/.test(name) && value.B ? [[Number(name.slice(1)), value.B] as const] : [],
    ),
  )

/** {@link WrappedKeyStore} in the Connections table. */
export function dynamoWrappedKeys({ client, table: TableName }: DynamoWrappedKeysOptions): WrappedKeyStore {
  const put = async (tenant: string, epoch: number, wrapped: Uint8Array, before?: Uint8Array) => {
    const condition = before ? '#k = :before' : 'attribute_not_exists(#k)'
    const command = new UpdateItemCommand({
      TableName,
      Key: keysItem(tenant),
      UpdateExpression: 'SET #k = :wrapped, v = :v',
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#k': `k${epoch}` },
      ExpressionAttributeValues: {
        ':wrapped': { B: wrapped },
        ':v': { N: '1' },
        ...(before && { ':before': { B: before } }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      await client.send(command)
      return wrapped
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      return wrappedKeysIn((error as { readonly Item?: Item }).Item).get(epoch) ?? wrapped
    }
  }
  return {
    async read(tenant) {
      const command = new GetItemCommand({ TableName, Key: keysItem(tenant), ConsistentRead: true })
      return wrappedKeysIn((await client.send(command)).Item)
    },
    add: (tenant, epoch, wrapped) => put(tenant, epoch, wrapped),
    replace: async (tenant, epoch, { before, after }) => void (await put(tenant, epoch, after, before)),
  }
}

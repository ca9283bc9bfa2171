import {
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { controlKeys } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import type { TenantKeys, TenantShare, WrappedKeyStore } from './wrapped-keys.ts'

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

/** The keys in {@link keysItem}'s item: an attribute `k{epoch}` each, and the share. */
export const tenantKeysIn = (item: Item | undefined): TenantKeys => ({
  wrapped: new Map(
    Object.entries(item ?? {}).flatMap(([name, value]) =>
      /^k\d+$/.test(name) && value.B ? [[Number(name.slice(1)), value.B] as const] : [],
    ),
  ),
  ...(item?.['share']?.B && { share: item['share'].B }),
})

/** {@link TenantShare} beside the wrapped keys, so that it is shredded with them. */
export const dynamoTenantShare =
  ({ client, table: TableName }: DynamoWrappedKeysOptions): TenantShare =>
  async (tenant, offered) => {
    const command = new UpdateItemCommand({
      TableName,
      Key: keysItem(tenant),
      UpdateExpression: 'SET #share = if_not_exists(#share, :offered), v = :v',
      ExpressionAttributeNames: { '#share': 'share' },
      ExpressionAttributeValues: { ':offered': { B: offered }, ':v': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    })
    const { Attributes } = await client.send(command)
    return Attributes?.['share']?.B ?? offered
  }

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
      return tenantKeysIn((error as { readonly Item?: Item }).Item).wrapped.get(epoch) ?? wrapped
    }
  }
  return {
    async read(tenant) {
      const command = new GetItemCommand({ TableName, Key: keysItem(tenant), ConsistentRead: true })
      return tenantKeysIn((await client.send(command)).Item)
    },
    add: (tenant, epoch, wrapped) => put(tenant, epoch, wrapped),
    replace: async (tenant, epoch, { before, after }) => void (await put(tenant, epoch, after, before)),
  }
}

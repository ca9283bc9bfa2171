import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { keysItem, type DynamoWrappedKeysOptions } from './wrapped-keys.dynamo.ts'
import type { Shred } from './wrapped-keys.ts'

/** One delete of the one item that holds all keys of a tenant. Backups keep it for as long as they are kept. */
export const dynamoShred =
  ({ client, table: TableName }: DynamoWrappedKeysOptions): Shred =>
  async (tenant) => {
    await client.send(new DeleteItemCommand({ TableName, Key: keysItem(tenant) }))
  }

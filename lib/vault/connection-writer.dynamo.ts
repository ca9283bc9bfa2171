import { UpdateItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { describeError, errorName, SluiceError } from '../errors/sluice-error.ts'
import { connectionKey, type Item } from './connection.dynamo.ts'

export interface ConnectionsTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly table: string
}

/** One conditional update of one connection. */
export interface Write {
  readonly id: string
  readonly update: string
  readonly condition: string
  readonly values: Record<string, AttributeValue>
}

export type Written =
  | { readonly kind: 'written'; readonly item: Item }
  /** The condition did not hold; `found` is the item as it stands, `undefined` when there is none. */
  | { readonly kind: 'refused'; readonly found: Item | undefined }

export type Writer = (write: Write) => Promise<Written>

const names = { '#owner': 'owner' }

/** @throws SluiceError `VAULT_UNAVAILABLE` when the table does not answer. */
export function connectionWriter({ client, table }: ConnectionsTable): Writer {
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

export async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw error instanceof SluiceError ? error : unavailable(error)
  }
}

const unavailable = (error: unknown): SluiceError =>
  new SluiceError('VAULT_UNAVAILABLE', `the table of connections: ${describeError(error)}`, { cause: error })

import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { describeError, errorName, SluiceError } from '../errors/sluice-error.ts'
import { keyOf, type Item, type Values } from './poll-item.dynamo.ts'
import type { PollId } from './poll-state.ts'

export interface PollsTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly table: string
}

/** One conditional update of one poll. */
export interface Write {
  readonly id: PollId
  readonly update: string
  readonly condition: string
  readonly names: Record<string, string>
  readonly values: Values
}

export type Written =
  | { readonly kind: 'written'; readonly item: Item }
  /** The condition did not hold; `found` is the item as it stands, `undefined` when there is none. */
  | { readonly kind: 'refused'; readonly found: Item | undefined }

export type Writer = (write: Write) => Promise<Written>

export function pollWriter({ client, table }: PollsTable): Writer {
  return async ({ id, update, condition, names, values }) => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: keyOf(id),
      UpdateExpression: update,
      ConditionExpression: condition,
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      const { Attributes = {} } = await client.send(command)
      return { kind: 'written', item: Attributes }
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw unavailable(error)
      return { kind: 'refused', found: (error as { readonly Item?: Item }).Item }
    }
  }
}

/** @throws SluiceError `VAULT_UNAVAILABLE` */
export async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw error instanceof SluiceError ? error : unavailable(error)
  }
}

const unavailable = (error: unknown): SluiceError =>
  new SluiceError('VAULT_UNAVAILABLE', `the table of polls: ${describeError(error)}`, { cause: error })

import { UpdateItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ledgerKey } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { text, toRecord, type Item } from './record.dynamo.ts'
import type { LedgerRecord } from './record.ts'

export interface LedgerTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly table: string
}

export type Values = Readonly<Record<string, AttributeValue>>

/** One conditional update of one record. */
export interface Write {
  readonly id: string
  readonly update: string
  readonly condition: string
  readonly values: Values
  /** Stand-ins for words that DynamoDB reserves. */
  readonly names?: Readonly<Record<string, string>>
  /** Whether the record is wanted as it stands after the write. */
  readonly answer?: boolean
}

export type Written =
  /** `item` is the record after the write, where the write asks for it. */
  | { readonly kind: 'written'; readonly item: Item }
  /** The condition did not hold; `found` is the item as it stands, `undefined` when there is none. */
  | { readonly kind: 'refused'; readonly found: LedgerRecord | undefined }

export type Writer = (write: Write) => Promise<Written>

/** @throws SluiceError `LEDGER_UNAVAILABLE` when the table does not answer, `RECORD_CORRUPT` when the item is not ours. */
export function ledgerWriter({ client, table }: LedgerTable): Writer {
  return async ({ id, update, condition, values, names, answer }) => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { [ledgerKey]: text(id) },
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeValues: values,
      ExpressionAttributeNames: names,
      ReturnValues: answer ? 'ALL_NEW' : 'NONE',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      const { Attributes = {} } = await client.send(command)
      return { kind: 'written', item: Attributes }
    } catch (error) {
      if (errorName(error) === 'ConditionalCheckFailedException') {
        const { Item: found } = error as { readonly Item?: Item }
        return { kind: 'refused', found: found && toRecord(found) }
      }
      if (error instanceof SluiceError) throw error
      throw new SluiceError('LEDGER_UNAVAILABLE', 'the ledger did not take a write', { cause: error })
    }
  }
}

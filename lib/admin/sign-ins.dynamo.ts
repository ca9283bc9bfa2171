import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { controlKeys, signInKey, ttlAttribute } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { SignIns } from './sign-ins.ts'

export interface DynamoSignInsOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

/** {@link SignIns} in the Control table: an item for each caller and minute, kept for an hour. A repeated write counts twice. */
export const dynamoSignIns = ({ client, table: TableName }: DynamoSignInsOptions): SignIns => ({
  async count(who, minute) {
    const command = new UpdateItemCommand({
      TableName,
      Key: {
        [controlKeys.partition]: { S: signInKey(hashTuple(who).toString('base64url')) },
        [controlKeys.sort]: { S: String(minute) },
      },
      UpdateExpression: `SET ${ttlAttribute} = :end ADD tries :one`,
      ExpressionAttributeValues: { ':end': { N: String(minute * 60 + 3_600) }, ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    })
    try {
      const { Attributes } = await client.send(command)
      return Number(Attributes?.['tries']?.N ?? 1)
    } catch (cause) {
      throw new SluiceError('LEDGER_UNAVAILABLE', 'the count of sign-ins did not answer', { cause })
    }
  },
})

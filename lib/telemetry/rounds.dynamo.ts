import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { controlKeys, roundKey } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Rounds } from './rounds.ts'

export interface RoundsTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

/** The one item of all rounds. */
export const roundsItem = { [controlKeys.partition]: { S: roundKey }, [controlKeys.sort]: { S: 'ended' } }

/** {@link Rounds} in the Control table. */
export const dynamoRounds = ({ client, table: TableName }: RoundsTable): Rounds => ({
  async note(name, at) {
    const command = new UpdateItemCommand({
      TableName,
      Key: roundsItem,
      UpdateExpression: 'SET #name = :at',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':at': { N: String(at) } },
    })
    await client.send(command).catch((cause: unknown) => {
      throw new SluiceError('LEDGER_UNAVAILABLE', 'the table did not answer', { cause })
    })
  },
})

import { PutItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import { toSeconds } from '../primitives/clock.ts'
import type { UsedLinks } from './used-links.ts'

export interface DynamoUsedLinksOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

const neverUsed = `attribute_not_exists(${controlKeys.partition})`

/** {@link UsedLinks} in the Control table: one conditional write per sign-in. */
export function dynamoUsedLinks({ client, table }: DynamoUsedLinksOptions): UsedLinks {
  return {
    async use({ id, expiresAt }, mark, signal) {
      const command = new PutItemCommand({
        TableName: table,
        Item: {
          [controlKeys.partition]: { S: `login-link#${id}` },
          [controlKeys.sort]: { S: 'used' },
          v: { N: '1' },
          mark: { S: mark },
          [ttlAttribute]: { N: String(toSeconds(expiresAt)) },
        },
        ConditionExpression: neverUsed,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      try {
        await client.send(command, { abortSignal: signal })
        return 'first'
      } catch (error) {
        if (errorName(error) !== 'ConditionalCheckFailedException') throw error
        const { Item } = error as { readonly Item?: Readonly<Record<string, AttributeValue>> }
        return Item?.['mark']?.S === mark ? 'first' : 'used'
      }
    },
  }
}

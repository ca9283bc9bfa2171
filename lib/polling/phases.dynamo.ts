import { DeleteItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { controlKeys, phaseKey } from '../config/names.ts'
import { errorName } from '../errors/sluice-error.ts'
import type { Clock } from '../primitives/clock.ts'
import { phaseText } from './phases.ts'
import { number, text } from './poll-item.dynamo.ts'
import type { Phase, Phases, PollId } from './poll-state.ts'
import { guarded, type PollsTable } from './poll-writer.dynamo.ts'

export interface DynamoPhasesOptions extends PollsTable {
  readonly clock: Clock
}

const rowKey = (phase: Phase, { connection, stream }: PollId) => ({
  [controlKeys.partition]: text(phaseKey(phaseText(phase))),
  [controlKeys.sort]: text(`${connection}#${stream}`),
})

/** {@link Phases} in the table of connections: a partition for each phase, and no index. */
export function dynamoPhases(options: DynamoPhasesOptions): Phases {
  return { due: reading(options), put: putting(options), remove: removing(options) }
}

function reading({ client, table: TableName }: DynamoPhasesOptions): Phases['due'] {
  return async (phase, after) => {
    const partition = text(phaseKey(phaseText(phase)))
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `${controlKeys.partition} = :phase`,
      ExpressionAttributeValues: { ':phase': partition },
      ...(after !== undefined && {
        ExclusiveStartKey: { [controlKeys.partition]: partition, [controlKeys.sort]: text(after) },
      }),
    })
    const { Items = [], LastEvaluatedKey } = await guarded(() => client.send(command))
    const next = LastEvaluatedKey?.[controlKeys.sort]?.S
    const polls = Items.map((item) => {
      const [connection = '', stream = ''] = (item[controlKeys.sort]?.S ?? '').split('#')
      return { connection, stream, tenant: item['tenant']?.S ?? '', provider: item['provider']?.S ?? '' }
    })
    return { polls, ...(next !== undefined && { next }) }
  }
}

function putting({ client, table: TableName, clock }: DynamoPhasesOptions): Phases['put'] {
  return async (phase, poll) => {
    const command = new UpdateItemCommand({
      TableName,
      Key: rowKey(phase, poll),
      UpdateExpression: 'SET tenant = :tenant, provider = :provider, putAt = :now',
      ExpressionAttributeValues: {
        ':tenant': text(poll.tenant),
        ':provider': text(poll.provider),
        ':now': number(clock.now()),
      },
    })
    await guarded(() => client.send(command))
  }
}

function removing({ client, table: TableName }: DynamoPhasesOptions): Phases['remove'] {
  return async (phase, id, putBefore) => {
    const command = new DeleteItemCommand({
      TableName,
      Key: rowKey(phase, id),
      ...(putBefore !== undefined && {
        ConditionExpression: 'putAt < :before',
        ExpressionAttributeValues: { ':before': number(putBefore) },
      }),
    })
    try {
      await client.send(command)
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') await guarded(() => Promise.reject(error))
    }
  }
}

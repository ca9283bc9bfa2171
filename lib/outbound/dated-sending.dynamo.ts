import type { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { answerDate } from '../aws/answer-date.ts'
import type { Clock, Millis } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { TrueTime } from '../primitives/true-time.ts'

export interface DatedTable {
  /** From `lib/aws/dynamodb.ts`: its answers carry the server's time. Without that, the own clock counts as wrong by 30 s. */
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
  readonly clock: Clock
  readonly time: TrueTime
  /** One request, the SDK's own repeats included. */
  readonly requestMs: Millis
}

/** Sends a command, gives up in time, and learns the time from whatever comes back. */
export function datedSending({ client, clock, time, requestMs }: DatedTable) {
  return async (command: UpdateItemCommand | GetItemCommand): Promise<unknown> => {
    const sentAt = clock.now()
    const learn = (answer: unknown): void => {
      const second = answerDate(answer)
      if (second !== undefined) time.learn({ sentAt, receivedAt: clock.now(), second })
    }
    const deadline = deadlineAfter(clock, requestMs)
    try {
      const { signal: abortSignal } = deadline
      const answer = await raceSignal(client.send(command, { abortSignal }), abortSignal)
      learn(answer)
      return answer
    } catch (error) {
      learn(error)
      throw error
    } finally {
      deadline.end()
    }
  }
}

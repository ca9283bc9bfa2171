import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'
import type { ReceiveMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs'
import { seconds } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { simDynamo } from '#test/simulation/models/dynamodb.ts'
import type { Command } from '#test/simulation/models/model.ts'
import { simS3 } from '#test/simulation/models/s3.ts'
import { simSqs, type QueueSettings } from '#test/simulation/models/sqs.ts'

type Send = (command: Command) => Promise<object>

/** The models know commands of items, messages and objects; what holds them is there from the start. */
const ready: Readonly<Record<string, object>> = {
  CreateTableCommand: {},
  DescribeTableCommand: { Table: { TableStatus: 'ACTIVE' } },
  CreateBucketCommand: {},
}

const client = (apply: Send): { send: Send } => ({
  send: async (command) => ready[command.constructor.name] ?? apply(command),
})

/** The simulation's table. */
export const modelDynamodb = (): Pick<DynamoDBClient, 'send'> => {
  const model = simDynamo()
  return client(async (command) => model.apply(command))
}

/** The simulation's bucket. */
export const modelS3 = (): Pick<S3Client, 'send'> => {
  const model = simS3()
  return client(async (command) => model.apply(command))
}

/** The simulation's queues, `redrive` with `dead` behind it. A receive that waits lets the virtual time pass. */
export const modelSqs = (names: readonly string[]): Pick<SQSClient, 'send'> => {
  const clock = virtualClock()
  const queues = names.map((url): QueueSettings => ({
    url,
    visibilityMs: 30_000,
    ...(url === 'redrive' && { maxReceiveCount: 2, deadLetterUrl: 'dead' }),
  }))
  const model = simSqs(queues, { clock, random: seededRandom(1), duplicates: () => false })
  return client(async (command) => {
    switch (command.constructor.name) {
      case 'CreateQueueCommand':
        return { QueueUrl: (command.input as { QueueName: string }).QueueName }
      case 'GetQueueAttributesCommand':
        return { Attributes: { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:dead' } }
      case 'ReceiveMessageCommand': {
        const { WaitTimeSeconds = 0 } = command.input as ReceiveMessageCommandInput
        for (let waited = 0; ; waited += 1) {
          const answer = model.apply(command) as { Messages: readonly unknown[] }
          if (answer.Messages.length > 0 || waited >= WaitTimeSeconds) return answer
          await clock.advance(seconds(1))
        }
      }
      default:
        return model.apply(command)
    }
  })
}

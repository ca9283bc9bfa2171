import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { deadLetterVisibility } from '../config/defaults.ts'
import type { DeadLetterQueue } from './dead-letter-queue.ts'

export function sqsDeadLetterQueue(options: {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}): DeadLetterQueue {
  const { client, queueUrl } = options
  return {
    async receive(signal) {
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: deadLetterVisibility / 1_000,
      })
      const { Messages = [] } = await client.send(command, { abortSignal: signal })
      return Messages.map(({ Body = '', ReceiptHandle = '' }) => ({
        body: Body,
        receiptHandle: ReceiptHandle,
      }))
    },
    async delete({ receiptHandle }, signal) {
      const command = new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle })
      await client.send(command, { abortSignal: signal })
    },
  }
}

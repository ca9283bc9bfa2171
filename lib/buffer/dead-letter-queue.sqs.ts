import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { DeadLetterQueue } from './dead-letter-queue.ts'

const hiddenSeconds = 60

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
        VisibilityTimeout: hiddenSeconds,
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

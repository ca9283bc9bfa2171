import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { queue } from '../config/defaults.ts'
import type { Hide } from './visibility.ts'

export interface SqsVisibilityOptions {
  readonly client: Pick<SQSClient, 'send'>
  /** The queue's address by the ARN that comes with each record. */
  readonly queueUrl: (arn: string) => string | undefined
}

export function sqsVisibility({ client, queueUrl }: SqsVisibilityOptions): Hide {
  return async (arn, receiptHandle, delayMs) => {
    const url = queueUrl(arn)
    if (url === undefined) return
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: Math.ceil(Math.min(delayMs, queue.maxVisibilityMs) / 1_000),
    })
    await client.send(command)
  }
}

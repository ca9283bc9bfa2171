import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Buffer } from './buffer.ts'
import { encodeEnvelope } from './envelope.ts'

export interface SqsBufferOptions {
  /** A client that tries once, where the caller has its own budget for a second try. */
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

/**
 * A standard queue, fair by tenant: one tenant's burst does not hold up the others.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function sqsBuffer({ client, queueUrl }: SqsBufferOptions): Buffer {
  const sendText: Buffer['sendText'] = async (message, tenant, signal) => {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: message,
      MessageGroupId: tenant,
    })
    await client.send(command, { abortSignal: signal })
  }
  return { send: (envelope, signal) => sendText(encodeEnvelope(envelope), envelope.tenant, signal), sendText }
}

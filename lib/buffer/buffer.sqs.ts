import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { queue } from '../config/defaults.ts'
import type { Millis } from '../primitives/clock.ts'
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
  const put = async (message: string, tenant: string, signal: AbortSignal, delay?: Millis): Promise<void> => {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: message,
      MessageGroupId: tenant,
      ...(delay !== undefined && { DelaySeconds: Math.ceil(Math.min(delay, queue.maxDelayMs) / 1_000) }),
    })
    await client.send(command, { abortSignal: signal })
  }
  return {
    send: (envelope, signal, delay) => put(encodeEnvelope(envelope), envelope.tenant, signal, delay),
    sendText: (message, tenant, signal) => put(message, tenant, signal),
  }
}

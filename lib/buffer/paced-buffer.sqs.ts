import { sendBatches } from '../aws/send-batch.ts'
import { queue } from '../config/defaults.ts'
import type { SqsBufferOptions } from './buffer.sqs.ts'
import type { PacedBuffer } from './paced-buffer.ts'

/** {@link PacedBuffer} on a queue that is fair by tenant: SQS keeps each message until its time. */
export const sqsPacedBuffer = ({ client, queueUrl }: SqsBufferOptions): PacedBuffer => ({
  sendPaced: (messages, signal) =>
    sendBatches(
      client,
      queueUrl,
      messages.map(({ text, tenant, delayMs }) => {
        const delaySeconds = Math.ceil(Math.min(Math.max(0, delayMs), queue.maxDelayMs) / 1_000)
        return { body: text, group: tenant, ...(delaySeconds > 0 && { delaySeconds }) }
      }),
      signal,
    ),
})

import { sendBatches } from '../aws/send-batch.ts'
import type { SqsBufferOptions } from './buffer.sqs.ts'
import { encodeEnvelope } from './envelope.ts'
import type { BatchBuffer } from './enqueue.ts'

/** The same queue as one event at a time goes to, ten at a time: fair by tenant. */
export const sqsBatchBuffer = ({ client, queueUrl }: SqsBufferOptions): BatchBuffer => ({
  sendMany: (envelopes, signal) =>
    sendBatches(
      client,
      queueUrl,
      envelopes.map((envelope) => ({ body: encodeEnvelope(envelope), group: envelope.tenant })),
      signal,
    ),
})

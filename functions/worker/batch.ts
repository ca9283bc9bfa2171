import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Hide } from '#lib/buffer/visibility.ts'
import { describeError, SluiceError } from '#lib/errors/sluice-error.ts'
import { processBatch, type BatchDeps, type QueuedMessage } from '#lib/processing/batch.ts'

export interface WorkerDeps extends Omit<BatchDeps, 'hide' | 'remainingMs'> {
  readonly hide: Hide
}

/** SQS's batch in front of {@link processBatch}: records to messages, and the ids that must come back. */
export function workerBatch(deps: WorkerDeps) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    assertBatch(event)
    const arns = new Map(event.Records.map((record) => [record.messageId, record.eventSourceARN]))
    const failed = await processBatch(event.Records.map(toMessage), {
      ...deps,
      remainingMs: () => context.getRemainingTimeInMillis(),
      hide: async ({ messageId, receiptHandle }, delay) => {
        try {
          await deps.hide(arns.get(messageId) ?? '', receiptHandle, delay)
        } catch (error) {
          deps.log('warn', 'a message could not be hidden; the visibility timeout stands', {
            messageId,
            error: describeError(error),
          })
        }
      },
    })
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** An answer about something else would make Lambda delete messages that nobody has looked at. */
function assertBatch(event: SQSEvent): void {
  const records = (event as Partial<SQSEvent>).Records
  const isBatch =
    Array.isArray(records) &&
    records.every(({ messageId, eventSource }) => messageId && eventSource === 'aws:sqs')
  if (!isBatch)
    throw new SluiceError('MISCONFIGURED', 'this is no batch of an SQS queue: nothing was handled')
}

const toMessage = ({ messageId, receiptHandle, body, attributes }: SQSRecord): QueuedMessage => ({
  messageId,
  receiptHandle,
  body,
  receiveCount: Number(attributes.ApproximateReceiveCount) || 1,
})

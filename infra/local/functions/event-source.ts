import type { SQSBatchResponse, SQSEvent, SQSMessageAttributes, SQSRecordAttributes } from 'aws-lambda'
import { callAwsJson } from '../services/call.ts'
import { region } from '../services/place.ts'
import type { FunctionPool } from './pool.ts'

export interface EventSource {
  readonly target: FunctionPool
  readonly queueUrl: string
  readonly queueArn: string
  readonly batchSize: number
  readonly reportsFailures: boolean
  /** Batches at the same time. */
  readonly concurrency: number
  readonly onTrouble: (message: string) => void
}

interface Message {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly MD5OfBody: string
  readonly Attributes?: SQSRecordAttributes
  readonly MessageAttributes?: SQSMessageAttributes
}

/** Long polls are this long; the longest that SQS knows. */
const waitSeconds = 20
const pauseMs = 500

/**
 * Brings a queue's messages to a function until `signal` is aborted, as a Lambda event source does: messages of a batch
 * that succeeded are deleted, the others come back when their visibility timeout ends.
 * @returns when the last batch under way has ended.
 */
export async function pollQueue(source: EventSource, signal: AbortSignal): Promise<void> {
  const poll = async () => {
    while (!signal.aborted) {
      try {
        const messages = await receive(source, signal)
        if (messages.length > 0) await deliver(source, messages)
      } catch (error) {
        if (signal.aborted) return
        source.onTrouble(`${source.queueUrl}: ${error instanceof Error ? error.message : String(error)}`)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }
  await Promise.all(Array.from({ length: source.concurrency }, poll))
}

async function receive(
  { queueUrl, batchSize }: EventSource,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const input = {
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(batchSize, 10),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  }
  const { Messages } = await callAwsJson(new URL(queueUrl).origin, 'AmazonSQS.ReceiveMessage', input, signal)
  return (Messages ?? []) as readonly Message[]
}

async function deliver(source: EventSource, messages: readonly Message[]): Promise<void> {
  const outcome = await source.target.invoke(toEvent(source, messages))
  if (outcome.kind !== 'returned') return
  const failed = source.reportsFailures ? failures(outcome.value, messages) : new Set<string>()
  if (!failed)
    return source.onTrouble('the function answered with no valid batchItemFailures: all messages come back')
  const Entries = messages
    .filter(({ MessageId }) => !failed.has(MessageId))
    .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  if (Entries.length === 0) return
  const input = { QueueUrl: source.queueUrl, Entries }
  await callAwsJson(new URL(source.queueUrl).origin, 'AmazonSQS.DeleteMessageBatch', input)
}

/**
 * Ids of the messages that failed; `undefined` when the answer is damaged, and then all have.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failures(value: unknown, messages: readonly Message[]): ReadonlySet<string> | undefined {
  const { batchItemFailures } = (value ?? {}) as Partial<SQSBatchResponse>
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set()
  if (!Array.isArray(batchItemFailures)) return undefined
  const known = new Set(messages.map(({ MessageId }) => MessageId))
  const ids = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  return ids.every((id) => known.has(id)) ? new Set(ids) : undefined
}

const toEvent = ({ queueArn }: EventSource, messages: readonly Message[]): SQSEvent => ({
  Records: messages.map((message) => ({
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    md5OfBody: message.MD5OfBody,
    attributes: message.Attributes ?? ({} as SQSRecordAttributes),
    messageAttributes: message.MessageAttributes ?? {},
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  })),
})

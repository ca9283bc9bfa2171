import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'

export interface BatchMessage {
  readonly body: string
  /** Fair queues share by it. */
  readonly group?: string
  readonly delaySeconds?: number
}

/** What SQS takes in one request: messages, and bytes of all bodies together. */
const maxMessages = 10
const maxBytes = 1_048_576

/**
 * Sends messages in as few requests as their number and size allow.
 * @returns the indexes of those that were not taken, one by one or with their whole request, and the last error that was thrown.
 */
export async function sendBatches(
  client: Pick<SQSClient, 'send'>,
  queueUrl: string,
  messages: readonly BatchMessage[],
  signal?: AbortSignal,
): Promise<{ readonly failed: readonly number[]; readonly error?: unknown }> {
  const failed: number[] = []
  let error: unknown
  for (const batch of packed(messages)) {
    const command = new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: batch.map((index) => entryOf(messages[index] as BatchMessage, index)),
    })
    try {
      const { Successful = [] } = await client.send(command, { ...(signal && { abortSignal: signal }) })
      // What is in neither list was not said to be stored.
      const taken = new Set(Successful.map(({ Id }) => Id))
      failed.push(...batch.filter((index) => !taken.has(String(index))))
    } catch (thrown) {
      error = thrown
      failed.push(...batch)
    }
  }
  return { failed, ...(error !== undefined && { error }) }
}

const entryOf = ({ body, group, delaySeconds }: BatchMessage, index: number) => ({
  Id: String(index),
  MessageBody: body,
  ...(group !== undefined && { MessageGroupId: group }),
  ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
})

function packed(messages: readonly BatchMessage[]): readonly (readonly number[])[] {
  const batches: number[][] = []
  let bytes = Infinity
  for (const [index, { body }] of messages.entries()) {
    const size = Buffer.byteLength(body)
    const last = batches.at(-1)
    if (!last || last.length === maxMessages || bytes + size > maxBytes) {
      batches.push([index])
      bytes = size
    } else {
      last.push(index)
      bytes += size
    }
  }
  return batches
}

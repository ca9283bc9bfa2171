import type { SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'

const signal = new AbortController().signal

function givenQueue(answer: () => Promise<unknown> = async () => ({})) {
  const sent: { input: unknown; signal: unknown }[] = []
  const send = (command: { input: unknown }, options: { abortSignal: unknown }) => {
    sent.push({ input: command.input, signal: options.abortSignal })
    return answer()
  }
  const client = { send } as unknown as Pick<SQSClient, 'send'>
  return { sent, buffer: sqsBuffer({ client, queueUrl: 'https://queue/events' }) }
}

test('one message goes out as it is, fair by tenant, and ends with the signal', async () => {
  const { sent, buffer } = givenQueue()
  await buffer.sendText('text', 'acme', signal)
  expect(sent).toEqual([
    {
      input: { QueueUrl: 'https://queue/events', MessageBody: 'text', MessageGroupId: 'acme' },
      signal,
    },
  ])
})

test('what the queue throws reaches the caller after a single try', async () => {
  const { sent, buffer } = givenQueue(() => Promise.reject(new Error('throttled')))
  await expect(buffer.sendText('text', 'acme', signal)).rejects.toThrow('throttled')
  expect(sent).toHaveLength(1)
})

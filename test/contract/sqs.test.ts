import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type Message,
} from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { mebibyte, useQueues } from './sqs-queues.ts'
import { sqsServers } from './targets.ts'

describe.each(sqsServers)('SQS on $name', (target) => {
  const { send, make, put, receive, one, hide, nothing } = useQueues(target)

  test('a message of a group comes back as it was sent, with its id and its attributes', async () => {
    const url = await make('as-sent')
    const body = 'Zoë \u{1f600} \t\n{"a":"b"}'
    const attribute = { trace: { DataType: 'String', StringValue: 'abc' } }
    const { MessageId } = await put(url, body, { MessageGroupId: 'tenant-1', MessageAttributes: attribute })
    const message = await one(url)
    expect(message).toMatchObject({ MessageId, Body: body, MessageAttributes: attribute })
    expect(message.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
    expect(Number(message.Attributes?.SentTimestamp)).toBeGreaterThan(1_700_000_000_000)
  })

  test('a changed visibility counts from the change', async () => {
    const url = await make('longer')
    await put(url, 'x')
    const message = await one(url, 1)
    await hide(url, message, 3_600)
    const attributes = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    // Long enough for the first timeout to have ended.
    expect(await receive(url, 60, 2)).toEqual([])
    const { Attributes } = await send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...attributes] }),
    )
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
    })
  })

  test.each([-1, 43_201])('a visibility of %i s is refused', async (seconds) => {
    const url = await make('visibility-range')
    await put(url, 'x')
    const [message] = await receive(url, 0)
    await expect(hide(url, message ?? {}, seconds)).rejects.toMatchObject({
      name: expect.any(String) as string,
    })
  })

  test('a batch tells which messages were taken and which were not', async () => {
    const url = await make('batch')
    const { Successful = [], Failed = [] } = await send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'good', MessageBody: 'a' },
          { Id: 'control', MessageBody: 'a\u0001b' },
          { Id: 'fine', MessageBody: 'b' },
        ],
      }),
    )
    expect(Successful.map(({ Id }) => Id)).toEqual(['good', 'fine'])
    expect(Failed).toMatchObject([{ Id: 'control', SenderFault: true }])
    expect(new Set((await receive(url)).map(({ Body }) => Body))).toEqual(new Set(['a', 'b']))
  })

  test.each([
    ['none', []],
    ['eleven', Array.from({ length: 11 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }))],
    ['two of one id', ['a', 'b'].map((MessageBody) => ({ Id: 'same', MessageBody }))],
    ['1 MiB and a byte in all', ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(mebibyte / 2 + 1) }))],
  ])('a batch of %s is refused as a whole', async (_, Entries) => {
    const url = await make('batch-refused')
    await expect(send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))).rejects.toThrow()
    await nothing(url)
  })

  test('bytes are counted, not characters', async () => {
    const url = await make('bytes')
    await expect(put(url, 'é'.repeat(mebibyte / 2 + 1))).rejects.toThrow(/1048576/)
  })

  test('a body with a control character is refused, and one without anything', async () => {
    const url = await make('characters')
    await expect(put(url, 'a\u0000b')).rejects.toThrow()
    await expect(put(url, '')).rejects.toThrow()
  })

  test('a batch of deletes removes each; a receipt that is over is no failure', async () => {
    const url = await make('deletes')
    await Promise.all(['a', 'b'].map((body) => put(url, body)))
    const messages: Message[] = []
    while (messages.length < 2) messages.push(...(await receive(url)))
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
    const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries })
    expect((await send(command)).Successful).toHaveLength(2)
    expect((await send(command)).Failed ?? []).toEqual([])
    await nothing(url)
  })

  test('a delayed message is not seen before its time', async () => {
    const url = await make('delayed')
    await put(url, 'later', { DelaySeconds: 1 })
    await nothing(url)
    expect((await one(url)).Body).toBe('later')
  })

  test('a receiver that waits is woken by a message', async () => {
    const url = await make('woken')
    const waiting = receive(url, 60, 20)
    await put(url, 'now')
    expect((await waiting).map(({ Body }) => Body)).toEqual(['now'])
  })
})

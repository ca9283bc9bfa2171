import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqsTargets } from './targets.ts'

const mebibyte = 1_048_576

describe.each(sqsTargets)('SQS on $name', ({ open }) => {
  let client: Pick<SQSClient, 'send'>
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await open()
    client = opened.client
    close = () => opened.close()
  })
  afterAll(() => close())

  const queue = async (name: string, Attributes: Record<string, string> = {}): Promise<string> => {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }))
    return QueueUrl
  }
  const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
  /** Long: answers as soon as a message is visible. */
  const receive = async (QueueUrl: string, VisibilityTimeout = 60, waitSeconds = 5): Promise<Message[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        VisibilityTimeout,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    )
    return Messages
  }
  const one = async (QueueUrl: string, visibility?: number): Promise<Message> => {
    const messages = await receive(QueueUrl, visibility)
    expect(messages).toHaveLength(1)
    return messages[0] as Message
  }
  const hide = (QueueUrl: string, { ReceiptHandle }: Message, VisibilityTimeout: number) =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
  const remove = (QueueUrl: string, { ReceiptHandle }: Message) =>
    client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  const nothing = async (QueueUrl: string) => expect(await receive(QueueUrl, 60, 0)).toEqual([])

  test('a message of a group comes back as it was sent, with its id and its attributes', async () => {
    const url = await queue('as-sent')
    const body = 'Zoë \u{1f600} \t\n{"a":"b"}'
    const attribute = { trace: { DataType: 'String', StringValue: 'abc' } }
    const { MessageId } = await send(url, body, { MessageGroupId: 'tenant-1', MessageAttributes: attribute })
    const message = await one(url)
    expect(message).toMatchObject({ MessageId, Body: body, MessageAttributes: attribute })
    expect(message.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
    expect(Number(message.Attributes?.SentTimestamp)).toBeGreaterThan(1_700_000_000_000)
  })

  test('a message that is being worked on is seen by nobody else, and is gone once deleted', async () => {
    const url = await queue('hidden')
    await send(url, 'x')
    const message = await one(url)
    await nothing(url)
    await remove(url, message)
    await hide(url, message, 0).catch(() => {})
    await nothing(url)
  })

  test('a message comes back when its visibility timeout ends, counted', async () => {
    const url = await queue('returns')
    const { MessageId } = await send(url, 'x')
    const first = await one(url, 1)
    const again = await one(url)
    expect(again.MessageId).toBe(MessageId)
    expect(again.Attributes?.ApproximateReceiveCount).toBe('2')
    expect(again.Attributes?.SentTimestamp).toBe(first.Attributes?.SentTimestamp)
    expect(again.ReceiptHandle).not.toBe(first.ReceiptHandle)
  })

  test('a visibility of zero gives a message back at once, with its count kept', async () => {
    const url = await queue('given-back')
    await send(url, 'x')
    for (const count of ['1', '2', '3']) {
      const message = await one(url)
      expect(message.Attributes?.ApproximateReceiveCount).toBe(count)
      await hide(url, message, 0)
    }
  })

  test('a changed visibility counts from the change', async () => {
    const url = await queue('longer')
    await send(url, 'x')
    const message = await one(url, 1)
    await hide(url, message, 3_600)
    const attributes = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    // Long enough for the first timeout to have ended.
    expect(await receive(url, 60, 2)).toEqual([])
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...attributes] }),
    )
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
    })
  })

  test.each([-1, 43_201])('a visibility of %i s is refused', async (seconds) => {
    const url = await queue('visibility-range')
    await send(url, 'x')
    const [message] = await receive(url, 0)
    await expect(hide(url, message ?? {}, seconds)).rejects.toMatchObject({
      name: expect.any(String) as string,
    })
  })

  test('a message that failed too often goes to the dead-letter queue, whole and under its id', async () => {
    const dead = await queue('dead')
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    )
    const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 }
    const url = await queue('redrive', { RedrivePolicy: JSON.stringify(policy) })
    const { MessageId } = await send(url, 'poison', { MessageGroupId: 'tenant-1' })
    for (const count of ['1', '2']) {
      const message = await one(url)
      expect(message.Attributes?.ApproximateReceiveCount).toBe(count)
      await hide(url, message, 0)
    }
    await nothing(url)
    expect(await one(dead)).toMatchObject({ MessageId, Body: 'poison' })
  })

  test('a batch tells which messages were taken and which were not', async () => {
    const url = await queue('batch')
    const { Successful = [], Failed = [] } = await client.send(
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
    const url = await queue('batch-refused')
    await expect(client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))).rejects.toThrow()
    await nothing(url)
  })

  test('a body of 1 MiB is taken and comes back whole; one byte more is refused', async () => {
    const url = await queue('size')
    const body = `${'x'.repeat(mebibyte - 1)}y`
    await send(url, body)
    expect((await one(url)).Body).toBe(body)
    await expect(send(url, `${body}z`)).rejects.toThrow(/1048576/)
    await nothing(url)
  })

  test('bytes are counted, not characters', async () => {
    const url = await queue('bytes')
    await expect(send(url, 'é'.repeat(mebibyte / 2 + 1))).rejects.toThrow(/1048576/)
  })

  test('a body with a control character is refused, and one without anything', async () => {
    const url = await queue('characters')
    await expect(send(url, 'a\u0000b')).rejects.toThrow()
    await expect(send(url, '')).rejects.toThrow()
  })

  test('a batch of deletes removes each; a receipt that is over is no failure', async () => {
    const url = await queue('deletes')
    await Promise.all(['a', 'b'].map((body) => send(url, body)))
    const messages: Message[] = []
    while (messages.length < 2) messages.push(...(await receive(url)))
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
    const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries })
    expect((await client.send(command)).Successful).toHaveLength(2)
    expect((await client.send(command)).Failed ?? []).toEqual([])
    await nothing(url)
  })

  test('a delayed message is not seen before its time', async () => {
    const url = await queue('delayed')
    await send(url, 'later', { DelaySeconds: 1 })
    await nothing(url)
    expect((await one(url)).Body).toBe('later')
  })

  test('one receive gives at most ten messages, and of a queue nothing is left out', async () => {
    const url = await queue('many')
    await Promise.all(Array.from({ length: 25 }, (_, n) => send(url, `${n}`)))
    const seen = new Set<string | undefined>()
    while (seen.size < 25) {
      const messages = await receive(url)
      expect(messages.length).toBeLessThanOrEqual(10)
      expect(messages.length).toBeGreaterThan(0)
      for (const { Body } of messages) seen.add(Body)
    }
  })

  test('a receiver that waits is woken by a message', async () => {
    const url = await queue('woken')
    const waiting = receive(url, 60, 20)
    await send(url, 'now')
    expect((await waiting).map(({ Body }) => Body)).toEqual(['now'])
  })

  test('a queue that does not exist is named as the reason', async () => {
    const url = (await queue('real')).replace('/real', '/unreal')
    await expect(send(url, 'x')).rejects.toMatchObject({
      name: expect.stringMatching(/QueueDoesNotExist|NonExistent/) as string,
    })
  })
})

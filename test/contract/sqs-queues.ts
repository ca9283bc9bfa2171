import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Target } from './targets.ts'

/** The longest body, bytes. */
export const mebibyte = 1_048_576

/** What the cases do most. */
export interface Queues {
  readonly send: SQSClient['send']
  /** Makes a queue; answers its URL. */
  make(name: string, attributes?: Record<string, string>): Promise<string>
  put(url: string, body: string, more?: Partial<SendMessageCommandInput>): Promise<SendMessageCommandOutput>
  /** At most ten; waits `waitSeconds` for the first one. */
  receive(url: string, visibility?: number, waitSeconds?: number): Promise<Message[]>
  /** The only one that there is. */
  one(url: string, visibility?: number): Promise<Message>
  hide(url: string, message: Message, seconds: number): Promise<unknown>
  remove(url: string, message: Message): Promise<unknown>
  /** Asserts that none can be seen. */
  nothing(url: string): Promise<void>
}

/** Opens `target` for the tests of one `describe`. */
export function useQueues({ open }: Target<SQSClient>): Queues {
  const opened = Promise.withResolvers<Pick<SQSClient, 'send'>>()
  let close = async () => {}
  beforeAll(async () => {
    const target = await open()
    close = () => target.close()
    opened.resolve(target.client)
  })
  afterAll(() => close())
  const send: SQSClient['send'] = async (command: Parameters<SQSClient['send']>[0]) =>
    (await opened.promise).send(command)
  const receive = async (QueueUrl: string, VisibilityTimeout = 60, waitSeconds = 5): Promise<Message[]> => {
    const { Messages = [] } = await send(
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
  return {
    send,
    receive,
    make: async (QueueName, Attributes = {}) =>
      (await send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '',
    put: (QueueUrl, MessageBody, more = {}) =>
      send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    async one(url, visibility) {
      const messages = await receive(url, visibility)
      expect(messages).toHaveLength(1)
      return messages[0] as Message
    },
    hide: (QueueUrl, { ReceiptHandle }, VisibilityTimeout) =>
      send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout })),
    remove: (QueueUrl, { ReceiptHandle }) => send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
    nothing: async (url) => expect(await receive(url, 60, 0)).toEqual([]),
  }
}

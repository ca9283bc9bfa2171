import type {
  ChangeMessageVisibilityCommandInput,
  DeleteMessageCommandInput,
  ReceiveMessageCommandInput,
  SendMessageCommandInput,
} from '@aws-sdk/client-sqs'
import type { Clock } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'
import { serviceError, type Command, type Model } from './model.ts'

export interface QueueSettings {
  readonly url: string
  readonly visibilityMs: number
  readonly maxReceiveCount?: number
  readonly deadLetterUrl?: string
}

interface Message {
  readonly id: string
  readonly body: string
  visibleAt: number
  receiveCount: number
  receipt: string
}

export interface Received {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly Attributes: { readonly ApproximateReceiveCount: string }
}

export interface SimSqs extends Model {
  /** Bodies of every message that is still stored, hidden ones included. */
  bodies(): readonly string[]
  visible(url: string): number
}

const maxMessageBytes = 1_048_576

/** Standard queues: at least once, in any order, hidden while worked on, dead-lettered after too many receives. */
export function simSqs(
  queues: readonly QueueSettings[],
  deps: { readonly clock: Clock; readonly random: Random; readonly duplicates: () => boolean },
): SimSqs {
  const { clock, random } = deps
  const stored = new Map(queues.map(({ url }) => [url, new Set<Message>()]))
  let made = 0

  const messagesOf = (url: string | undefined): Set<Message> => {
    const messages = stored.get(url ?? '')
    if (!messages) throw serviceError('QueueDoesNotExist', `no queue at ${url}`)
    return messages
  }
  const add = (url: string, body: string, delaySeconds = 0): string => {
    made += 1
    const id = `message-${made}`
    messagesOf(url).add({
      id,
      body,
      visibleAt: clock.now() + delaySeconds * 1_000,
      receiveCount: 0,
      receipt: '',
    })
    return id
  }
  const receivable = (url: string, messages: Set<Message>): Message[] => {
    const settings = queues.find((queue) => queue.url === url)
    const ready = [...messages].filter(({ visibleAt }) => visibleAt <= clock.now())
    return ready.filter((message) => {
      const { maxReceiveCount, deadLetterUrl } = settings ?? {}
      if (!deadLetterUrl || message.receiveCount < (maxReceiveCount ?? Infinity)) return true
      messages.delete(message)
      add(deadLetterUrl, message.body)
      return false
    })
  }

  const operations: Readonly<Record<string, (input: never) => object>> = {
    SendMessageCommand: ({ QueueUrl = '', MessageBody = '', DelaySeconds }: SendMessageCommandInput) => {
      if (Buffer.byteLength(MessageBody) > maxMessageBytes) {
        throw serviceError('InvalidParameterValue', 'the message is too long')
      }
      const id = add(QueueUrl, MessageBody, DelaySeconds)
      // A standard queue may deliver a message more than once.
      if (deps.duplicates()) add(QueueUrl, MessageBody)
      return { MessageId: id }
    },
    ReceiveMessageCommand: (input: ReceiveMessageCommandInput) => {
      const { QueueUrl = '', MaxNumberOfMessages = 1, VisibilityTimeout } = input
      const messages = messagesOf(QueueUrl)
      const hiddenMs =
        VisibilityTimeout === undefined
          ? (queues.find(({ url }) => url === QueueUrl)?.visibilityMs ?? 30_000)
          : VisibilityTimeout * 1_000
      const taken = receivable(QueueUrl, messages)
        .map((message) => ({ message, rank: random.fraction() }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, MaxNumberOfMessages)
      return {
        Messages: taken.map(({ message }): Received => {
          message.receiveCount += 1
          message.visibleAt = clock.now() + hiddenMs
          message.receipt = `${message.id}/${message.receiveCount}`
          return {
            MessageId: message.id,
            ReceiptHandle: message.receipt,
            Body: message.body,
            Attributes: { ApproximateReceiveCount: String(message.receiveCount) },
          }
        }),
      }
    },
    DeleteMessageCommand: ({ QueueUrl, ReceiptHandle = '' }: DeleteMessageCommandInput) => {
      const messages = messagesOf(QueueUrl)
      for (const message of messages) {
        // An older handle than the last may delete the message, or not.
        const isLast = message.receipt === ReceiptHandle
        const isOlder = ReceiptHandle.startsWith(`${message.id}/`)
        if (isLast || (isOlder && random.fraction() < 0.5)) messages.delete(message)
      }
      return {}
    },
    ChangeMessageVisibilityCommand: (input: ChangeMessageVisibilityCommandInput) => {
      for (const message of messagesOf(input.QueueUrl)) {
        if (message.receipt === input.ReceiptHandle) {
          message.visibleAt = clock.now() + (input.VisibilityTimeout ?? 0) * 1_000
        }
      }
      return {}
    },
  }
  return {
    bodies: () => [...stored.values()].flatMap((messages) => [...messages].map(({ body }) => body)),
    visible: (url) => [...messagesOf(url)].filter(({ visibleAt }) => visibleAt <= clock.now()).length,
    apply: (command: Command) => {
      const operation = operations[command.constructor.name]
      if (!operation) throw serviceError('UnknownOperation', command.constructor.name)
      return operation(command.input as never)
    },
  }
}

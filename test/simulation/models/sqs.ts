import type {
  ChangeMessageVisibilityCommandInput,
  DeleteMessageCommandInput,
  ReceiveMessageCommandInput,
  SendMessageBatchCommandInput,
  SendMessageCommandInput,
} from '@aws-sdk/client-sqs'
import type { Clock } from '#lib/primitives/clock.ts'
import { priorityQueue } from '#lib/primitives/priority-queue.ts'
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
  /** Its place among those that can be received; -1 while it is hidden. */
  place: number
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
  /** Messages of this queue, hidden ones included. */
  size(url: string): number
}

const maxMessageBytes = 1_048_576

/** Standard queues: at least once, in any order, hidden while worked on, dead-lettered after too many receives. */
export function simSqs(
  queues: readonly QueueSettings[],
  deps: {
    readonly clock: Clock
    readonly random: Random
    readonly duplicates: () => boolean
    /** Whether an entry of a batch is refused inside an answer that says 200. */
    readonly refuses?: () => boolean
    /** Hears of each message that is stored. */
    readonly stored?: (url: string, body: string) => void
  },
): SimSqs {
  const { clock, random } = deps
  const lines = new Map(queues.map((settings) => [settings.url, line(settings, clock)]))
  let made = 0

  const lineOf = (url: string | undefined): Line => {
    const found = lines.get(url ?? '')
    if (!found) throw serviceError('QueueDoesNotExist', `no queue at ${url}`)
    return found
  }
  const add = (url: string, body: string, delaySeconds = 0): string => {
    made += 1
    const id = `message-${made}`
    const visibleAt = clock.now() + delaySeconds * 1_000
    lineOf(url).put({ id, body, visibleAt, receiveCount: 0, receipt: '', place: -1 })
    return id
  }
  const take = (url: string, body: string, delaySeconds?: number): string => {
    const id = add(url, body, delaySeconds)
    deps.stored?.(url, body)
    // A standard queue may deliver a message more than once.
    if (deps.duplicates()) add(url, body)
    return id
  }
  /** One of those that can be received, by chance; who has been received too often is none. */
  const draw = (from: Line): Message | undefined => {
    const { maxReceiveCount = Infinity, deadLetterUrl } = from.settings
    for (;;) {
      const message = from.ready()[Math.floor(random.fraction() * from.ready().length)]
      if (!message || !deadLetterUrl || message.receiveCount < maxReceiveCount) return message
      from.remove(message)
      add(deadLetterUrl, message.body)
    }
  }

  const operations: Readonly<Record<string, (input: never) => object>> = {
    SendMessageCommand: ({ QueueUrl = '', MessageBody = '', DelaySeconds }: SendMessageCommandInput) => {
      if (Buffer.byteLength(MessageBody) > maxMessageBytes) {
        throw serviceError('InvalidParameterValue', 'the message is too long')
      }
      return { MessageId: take(QueueUrl, MessageBody, DelaySeconds) }
    },
    SendMessageBatchCommand: ({ QueueUrl = '', Entries = [] }: SendMessageBatchCommandInput) => {
      const bytes = Entries.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0)
      if (Entries.length === 0 || Entries.length > 10 || bytes > maxMessageBytes)
        throw serviceError('BatchRequestTooLong', 'the batch is empty or too long')
      const Successful: object[] = []
      const Failed: object[] = []
      for (const { Id, MessageBody = '', DelaySeconds } of Entries) {
        if (deps.refuses?.()) Failed.push({ Id, Code: 'InternalError', SenderFault: false })
        else Successful.push({ Id, MessageId: take(QueueUrl, MessageBody, DelaySeconds) })
      }
      // An empty list is left out.
      return { ...(Successful.length > 0 && { Successful }), ...(Failed.length > 0 && { Failed }) }
    },
    ReceiveMessageCommand: (input: ReceiveMessageCommandInput) => {
      const { QueueUrl, MaxNumberOfMessages = 1, VisibilityTimeout } = input
      const from = lineOf(QueueUrl)
      const hiddenMs =
        VisibilityTimeout === undefined ? from.settings.visibilityMs : VisibilityTimeout * 1_000
      const taken: Received[] = []
      while (taken.length < MaxNumberOfMessages) {
        const message = draw(from)
        if (!message) break
        message.receiveCount += 1
        message.receipt = `${message.id}/${message.receiveCount}`
        from.hide(message, clock.now() + hiddenMs)
        taken.push({
          MessageId: message.id,
          ReceiptHandle: message.receipt,
          Body: message.body,
          Attributes: { ApproximateReceiveCount: String(message.receiveCount) },
        })
      }
      return { Messages: taken }
    },
    DeleteMessageCommand: ({ QueueUrl, ReceiptHandle = '' }: DeleteMessageCommandInput) => {
      const from = lineOf(QueueUrl)
      const message = from.stored.get(ReceiptHandle.split('/')[0] ?? '')
      // An older handle than the last may delete the message, or not.
      if (message && (message.receipt === ReceiptHandle || random.fraction() < 0.5)) from.remove(message)
      return {}
    },
    ChangeMessageVisibilityCommand: (input: ChangeMessageVisibilityCommandInput) => {
      const from = lineOf(input.QueueUrl)
      const message = from.stored.get((input.ReceiptHandle ?? '').split('/')[0] ?? '')
      if (message?.receipt === input.ReceiptHandle && message)
        from.hide(message, clock.now() + (input.VisibilityTimeout ?? 0) * 1_000)
      return {}
    },
  }
  return {
    bodies: () => [...lines.values()].flatMap(({ stored }) => [...stored.values()].map(({ body }) => body)),
    size: (url) => lineOf(url).stored.size,
    visible: (url) => lineOf(url).ready().length,
    apply: (command: Command) => {
      const operation = operations[command.constructor.name]
      if (!operation) throw serviceError('UnknownOperation', command.constructor.name)
      return operation(command.input as never)
    },
  }
}

/** One queue. What can be received is known without looking at what is hidden. */
interface Line {
  readonly settings: QueueSettings
  readonly stored: ReadonlyMap<string, Message>
  ready(): readonly Message[]
  put(message: Message): void
  hide(message: Message, until: number): void
  remove(message: Message): void
}

function line(settings: QueueSettings, clock: Clock): Line {
  const stored = new Map<string, Message>()
  const open: Message[] = []
  const hidden = priorityQueue<{ readonly message: Message; readonly until: number }>()
  const show = (message: Message): void => void (message.place = open.push(message) - 1)
  const cover = (message: Message): void => {
    if (message.place < 0) return
    const last = open.pop() as Message
    if (last !== message) open[(last.place = message.place)] = last
    message.place = -1
  }
  const hide = (message: Message, until: number): void => {
    cover(message)
    message.visibleAt = until
    hidden.push({ message, until }, until)
  }
  return {
    settings,
    stored,
    ready() {
      for (let first = hidden.peek(); first && first.until <= clock.now(); first = hidden.peek()) {
        hidden.pop()
        const { message, until } = first
        // Hidden again since, or gone.
        if (message.visibleAt === until && message.place < 0 && stored.has(message.id)) show(message)
      }
      return open
    },
    put(message) {
      stored.set(message.id, message)
      hide(message, message.visibleAt)
    },
    hide,
    remove(message) {
      cover(message)
      stored.delete(message.id)
    },
  }
}

import { SluiceError } from '../errors/sluice-error.ts'
import { whole } from '../primitives/options.ts'

export interface QueueOptions {
  /** Most messages that wait to be read. Default 1,000. */
  readonly messages?: number
  /** What happens to one more: the stream fails, or the oldest is dropped and counted. Default `error`. */
  readonly whenFull?: 'error' | 'drop-oldest'
}

export interface Taken<T> {
  readonly item: T
  /** How many were dropped just before this one. */
  readonly missed: number
}

export interface MessageQueue<T> {
  /** @throws SluiceError `ANSWER_REFUSED` when it is full and nothing may be dropped */
  push(item: T): void
  /** Nothing more comes; who reads gets what waits, then the error, if there is one. */
  end(error?: { readonly thrown: unknown }): void
  /** The next one as soon as there is one; `undefined` at the end. For one reader. */
  take(): Promise<Taken<T> | undefined>
  readonly dropped: number
}

/** A queue between one that can't be slowed down and one that is slow. */
export function messageQueue<T>({ messages = 1_000, whenFull = 'error' }: QueueOptions): MessageQueue<T> {
  whole('messages', messages, 1)
  const waiting: T[] = []
  let dropped = 0
  let missed = 0
  let ended: { readonly error: { readonly thrown: unknown } | undefined } | undefined
  let wake: (() => void) | undefined

  return {
    push(item) {
      if (waiting.length === messages) {
        if (whenFull === 'error')
          throw new SluiceError('ANSWER_REFUSED', `more than ${messages} messages wait to be read`)
        waiting.shift()
        dropped += 1
        missed += 1
      }
      waiting.push(item)
      wake?.()
    },
    end(error) {
      ended ??= { error }
      wake?.()
    },
    async take() {
      for (;;) {
        if (waiting.length > 0) {
          const taken = { item: waiting.shift() as T, missed }
          missed = 0
          return taken
        }
        if (ended?.error) throw ended.error.thrown
        if (ended) return undefined
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    get dropped() {
      return dropped
    },
  }
}

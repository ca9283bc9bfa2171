import type { PutEventsCommandInput, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { serviceError, type Command, type Model } from './model.ts'

export interface SimEventBridge extends Model {
  readonly events: readonly PutEventsRequestEntry[]
}

/** One bus. It may refuse an entry inside an answer that says 200. */
export function simEventBridge(refuses: () => boolean): SimEventBridge {
  const events: PutEventsRequestEntry[] = []
  return {
    events,
    apply: (command: Command) => {
      if (command.constructor.name !== 'PutEventsCommand') {
        throw serviceError('UnknownOperationException', command.constructor.name)
      }
      const { Entries = [] } = command.input as PutEventsCommandInput
      const results = Entries.map((entry) => {
        if (refuses()) return { ErrorCode: 'InternalFailure', ErrorMessage: 'try again' }
        events.push(entry)
        return { EventId: String(events.length) }
      })
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
    },
  }
}

import type { PollKey, PollList, PollTime, PollValue, TimeFormat } from './poll-list.ts'

/** Lists of a provider that are read again and again, by the name of the stream that each is. */
export type Polls = Readonly<Record<string, PollDeclaration>>

/** One list, as pure data: how it is read, how far it was read, and what an item of it is. */
export interface PollDeclaration {
  /** What it brings and what it can't, in a sentence for people. */
  readonly finds: string
  readonly list: PollList
  readonly progress: TimeProgress | BlockProgress | CursorProgress
  readonly event: PollEvent
  /** Which version of a thing an item is: for handlers that keep the newest. */
  readonly version?: PollValue
  /** How often it is read: never more, usually and at least, milliseconds. */
  readonly interval: { readonly floorMs: number; readonly usualMs: number; readonly ceilingMs: number }
  /** Whether the list tells what was deleted, as items. What is missing in a list is never taken for deleted. */
  readonly deletes: 'listed' | 'never'
  /** Types of webhooks that only say "look now"; `*` for all of the provider's. */
  readonly hints?: readonly string[]
}

/** By the provider's own time of the items. */
export interface TimeProgress {
  readonly kind: 'time'
  /** How times are written in requests. */
  readonly format: TimeFormat
  readonly from: readonly PollTime[]
  /** Read again each time, for what becomes visible late. */
  readonly overlapMs: number
  /** The longest time from `{since}` to `{until}`. */
  readonly maxWindowMs?: number
  /** What is younger may still be incomplete. */
  readonly lagMs?: number
  /** Older things can't be had. */
  readonly maxAgeMs?: number
  /** How far `{until}` is after now: for times in a zone that nobody knows. */
  readonly aheadMs?: number
  readonly order: 'ascending' | 'descending' | 'none'
  /** Items move to the end of the list while it is read: each page is asked for anew, by the time of the last item. */
  readonly shifts?: true
  /** The list knows no `{since}`: older items are left out here. A descending list is read no further than to them. */
  readonly filter?: 'here'
  /** Where an answer says up to which of its own times it is complete. */
  readonly proven?: { readonly pointer: string } | { readonly header: 'date' }
}

/** By number of block; only what has so many confirmations is read. */
export interface BlockProgress {
  readonly kind: 'block'
  /** Of an item: its number, and its block's time. */
  readonly block: string
  readonly time: PollTime
  /** Where the number of the newest block is asked for. */
  readonly head: { readonly params: Readonly<Record<string, string>>; readonly pointer: string }
  /** Blocks from an item's own to the newest, both counted. */
  readonly confirmations: number
  /** So many blocks are read again, for what a reorganization of the chain brought. */
  readonly rescan: number
}

/** By a text of the provider's that says where the list goes on. */
export interface CursorProgress {
  readonly kind: 'cursor'
  /** The parameter that takes it. */
  readonly param: string
  /** Where the next one is: in the last page; or in the last item of each page, and in an empty one only where `page` says so. */
  readonly next: { readonly page: string } | { readonly item: string; readonly page?: string }
  /** Where the first one comes from: an answer of its own, or the whole list, whose items are none then. */
  readonly start:
    | 'list'
    | {
        readonly path: string
        readonly params?: Readonly<Record<string, string>>
        readonly pointer: string
      }
  /** Statuses that say that it is too old; an error of kind `stale-cursor` always does. */
  readonly expired?: readonly number[]
  /** What is read when it was: by the time of the last good reading. */
  readonly resync: {
    readonly list?: Pick<PollList, 'path' | 'params' | 'pages' | 'items' | 'parts' | 'always'>
    readonly format: TimeFormat
    readonly overlapMs: number
    /** Time of an item, where the list can't be asked for the newer ones alone. */
    readonly from?: readonly PollTime[]
  }
}

/** What tells one item from another. */
export interface PollEvent {
  /**
   * `shared`: the keys are those of the provider's webhooks, so that a fact that both bring is one event. `own`: they count within
   * this stream alone, for each type of part apart.
   */
  readonly keys: 'shared' | 'own'
  /** The first that yields text; none at all is the item's SHA-256. An item that has none of several is no item. */
  readonly deliveryKey: readonly PollKey[]
  readonly changeKey?: readonly PollKey[]
  /** Items of one key in one reading are counted: they are alike and still several. */
  readonly counted?: true
  /** What the type begins with. */
  readonly type?: string
  /** The rest of it: the first alternative that yields text. */
  readonly eventType: readonly (readonly PollValue[])[]
  readonly eventTime?: readonly PollTime[]
  readonly externalId?: readonly PollValue[]
}

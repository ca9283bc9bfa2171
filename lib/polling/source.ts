import type { Envelope } from '../buffer/envelope.ts'
import type { PagePlace } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { Poll, ProviderTime } from './poll-state.ts'

/** Where a reading begins. One without any of these is the stream's own beginning. */
export interface ReadFrom {
  /** Read from here less the overlap, inclusive. */
  readonly watermark?: ProviderTime
  /** Read from exactly here, inclusive, in place of the watermark less its overlap: an enumeration goes on. */
  readonly since?: ProviderTime
  /** The provider's own count; missing after it has expired, and then the watermark says from where. */
  readonly cursor?: unknown
  /** The next page of an enumeration that was begun with the same `watermark`, `since` and `cursor`. */
  readonly place?: PagePlace
}

/** One item as an event: everything of its envelope but when it came and where its bytes are. */
export type PolledEvent = Omit<Envelope, 'receivedAt' | 'body'> & {
  /** Its JSON, exactly as the page has it. */
  readonly body: Uint8Array
  /** The provider's time by which the stream is read; an item without one moves no watermark. */
  readonly time?: ProviderTime
}

export interface PolledPage {
  readonly envelopes: readonly PolledEvent[]
  /** How far the enumeration has come where no item says it: the past end of a window that has been read whole. */
  readonly largest?: ProviderTime
  /** The next page; missing on the last one. */
  readonly place?: PagePlace
  /** The provider's new count, on the last page. JSON of at most 4 KiB. */
  readonly cursor?: unknown
  /** A window that ended before now was read whole, and the next one can be read at once from `largest`. */
  readonly more?: boolean
}

/** One stream of one connection as it is read. */
export interface PollSource {
  /**
   * `ascending` by the time of {@link PolledEvent.time}: the watermark may move with every page. Else it moves once the
   * enumeration has reached its end.
   */
  readonly order: 'ascending' | 'descending' | 'none'
  /** Pages are places in a list that moves while it is read (offset, page number). */
  readonly shifts?: boolean
  /** Statuses that say "this cursor is too old" of a request that has one. Default 410. */
  readonly expired?: readonly number[]
  /** What the declaration says of how often, milliseconds. */
  readonly interval: { readonly floorMs: number; readonly usualMs: number; readonly ceilingMs: number }
  /**
   * Page by page; the next is asked for when it is wanted.
   * @throws ApiError when the provider says failure; SluiceError `ANSWER_REFUSED` for a page that can't be read.
   */
  read(from: ReadFrom, client: RetryingClient): AsyncIterable<PolledPage>
}

/** The source of a poll; `undefined` where nothing declares its stream any more. */
export type SourceOf = (poll: Poll) => PollSource | undefined

import type { PagePlace } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { EpochMs } from '../primitives/clock.ts'

/** What a poll goes on from. Everything is optional: a first poll has nothing. */
export interface ListingFrom {
  /** The provider's own time that everything up to is known, as it wrote it. */
  readonly watermark?: string
  /** What the provider's last page said to go on from: plain JSON, kept as it is. */
  readonly cursor?: unknown
  /** Where an unfinished read stopped. It belongs to the watermark and cursor that the read began with. */
  readonly place?: PagePlace
  readonly etag?: string
  readonly lastModified?: string
}

/** One thing that a poll found, as parts of an envelope. */
export interface PolledItem {
  /** The item's JSON, letter by letter as the page has it. */
  readonly bytes: Uint8Array
  readonly deliveryKey: string
  /** Equal for every way by which the same fact can come; the event's id is made of it where it is there. */
  readonly changeKey?: string
  readonly type: string
  readonly occurredAt?: EpochMs
  readonly account?: string
  /** Which version of the thing this is, as the provider writes it. */
  readonly version?: string
}

export interface ListedPage {
  readonly items: readonly PolledItem[]
  /**
   * How far the provider's own time has come once this page and those before it are queued. It is on the pages that prove
   * it alone: on the last one of a list that is not in ascending order.
   */
  readonly largest?: { readonly text: string; readonly at: EpochMs }
  /** Where the read goes on; without it the page is the last one. */
  readonly place?: PagePlace
  /** On the last page, where the provider counts itself: what the next read begins with. A text of at most 4,096 characters. */
  readonly cursor?: unknown
  readonly etag?: string
  readonly lastModified?: string
  /** The least time until the next poll, as the provider asks for it (`X-Poll-Interval`), milliseconds. */
  readonly pollIntervalMs?: number
  /** Items of the whole list, where the provider tells. */
  readonly total?: number
  /** The provider said 304: nothing changed. */
  readonly notModified?: boolean
  /** What can no longer be told, or not by this list: all that happened in between, or its deletions. */
  readonly gap?: { readonly of: 'all' | 'deletes'; readonly since: EpochMs; readonly until: EpochMs }
}

/** A list of a provider that can be read again and again. It changes nothing that is kept. */
export interface Listing {
  /**
   * Reads from the watermark or cursor, page by page. After a stale cursor it is called with the watermark alone: then it reads
   * what changed since, and ends with a fresh cursor. Without anything it tells nothing that was before.
   * @throws ApiError, of kind `stale-cursor` when the cursor is too old; SluiceError `ANSWER_REFUSED` for a page that can't be
   * read: then nothing of the page is known, and nothing may be advanced.
   */
  read(from: ListingFrom, client: RetryingClient, options: ListingOptions): AsyncIterable<ListedPage>
}

export interface ListingOptions {
  readonly signal?: AbortSignal
  /** The server's time, never taken for the provider's. */
  readonly now: EpochMs
}

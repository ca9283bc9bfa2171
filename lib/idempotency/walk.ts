import type { EpochMs } from '../primitives/clock.ts'
import type { ListedRecord } from './history.ts'
import type { LedgerRecord } from './record.ts'

export interface WalkQuery {
  readonly tenant: string
  readonly provider?: string | undefined
  /** What is wanted, by what the index says of it. */
  readonly admits: (provider: string, type: string) => boolean
  /** Inclusive. */
  readonly since: EpochMs
  /** Exclusive. */
  readonly until: EpochMs
  /** Where the page before ended: its `next`. */
  readonly after?: string | undefined
  /** At most 100. */
  readonly limit: number
}

export interface WalkPage<Record = LedgerRecord> {
  /** Oldest first, at most `limit`; may be fewer, even none, although `next` says that there is more to read. */
  readonly records: readonly Record[]
  /** Missing at the end. Its first thirteen digits are a time: all before it has been read. */
  readonly next?: string
}

/**
 * One tenant's events from old to new, by the time they were received.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface Walk {
  /** With what was kept of each, as it stands now. */
  whole(query: WalkQuery, signal: AbortSignal): Promise<WalkPage>
  /** Without, and as lists show it. */
  listed(query: WalkQuery, signal: AbortSignal): Promise<WalkPage<ListedRecord>>
}

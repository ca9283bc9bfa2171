import type { EpochMs } from '../primitives/clock.ts'
import type { LedgerRecord, RecordStatus } from './record.ts'

/** A record as lists show it: all but the kept envelope. */
export type ListedRecord = Omit<LedgerRecord, 'envelope' | 'envelopeKey'>

/** What a list is narrowed to; an absent field admits everything. */
export interface HistoryFilter {
  /** Of several, any; of none, nothing. */
  readonly tenant?: string | readonly string[] | undefined
  readonly provider?: string | undefined
  readonly type?: string | undefined
  readonly status?: RecordStatus | undefined
  readonly reason?: string | undefined
}

export interface HistoryQuery {
  readonly filter: HistoryFilter
  /** Inclusive. */
  readonly since: EpochMs
  /** Exclusive. */
  readonly until: EpochMs
  /** Where the page before ended: its `next`. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface HistoryPage {
  /** Newest first, at most `limit`; may be fewer, even none, although `next` says that there is more to read. */
  readonly records: readonly ListedRecord[]
  /** Set when the list may go on. */
  readonly next?: string
}

/**
 * The reading side of the Ledger: what came in and what became of it. Reads are eventually consistent in lists, and
 * consistent for one record. Records past their retention are as good as absent.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface History {
  get(id: string, signal: AbortSignal): Promise<LedgerRecord | undefined>
  /** By the time they were received. */
  events(query: HistoryQuery, signal: AbortSignal): Promise<HistoryPage>
  /** The dead ones, by the time of their death. */
  dead(query: HistoryQuery, signal: AbortSignal): Promise<HistoryPage>
}

/** What a position in a list looks like: thirteen digits of time, and an id that breaks ties. */
export const positionGrammar = /^\d{13}#evt_[A-Za-z0-9_-]{32}$/

import type { PagePlace } from '../outbound/page-turn.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { PollGap, PollId, PollRef } from './poll-state.ts'

/** One backfill of one stream of one connection. */
export interface BackfillId extends PollId {
  /** `bf_…` */
  readonly id: string
}

/** Milliseconds since 1970. Without `since` from the beginning, without `until` up to the start of the backfill. */
export interface BackfillWindow {
  readonly since?: EpochMs
  readonly until?: EpochMs
}

/**
 * `running`: a message for its next slice is on the queue. `paused`: someone stopped it, or only someone's doing can make it go
 * on, as `cause` says. The others are ends.
 */
export type BackfillState = 'running' | 'paused' | 'done' | 'cancelled' | 'failed'

/** How far a window of a stream has been read, and who reads it now. */
export interface Backfill extends PollRef, BackfillId, BackfillWindow {
  readonly endpoint: string
  readonly state: BackfillState
  readonly cause?: string
  readonly createdAt: EpochMs
  /** When this round of it began: where an open window ends. */
  readonly begunAt: EpochMs
  /** Where reading began: `since`, but nothing older than the provider still gives. */
  readonly from: EpochMs
  /** Counts slices over all rounds; a message for an earlier one is of the past. */
  readonly slice: number
  /** The next page; missing where the list begins. */
  readonly place?: PagePlace
  readonly pages: number
  /** Items that the provider's list had, those of pages that were read again included. */
  readonly read: number
  /** Events that were put on the queue. */
  readonly found: number
  /** Items of the whole list, where the provider tells. */
  readonly total?: number
  /** 0 to 1; missing where nothing tells how far it is. Never goes back within a round. */
  readonly share?: number
  /** How often the provider had forgotten the place, so that the list was begun anew. */
  readonly restarts: number
  readonly failures: number
  readonly failure?: string
  readonly nextAt?: EpochMs
  readonly finishedAt?: EpochMs
  readonly gap?: PollGap
  /** Grows by one with every write. */
  readonly version: number
  readonly leaseUntil: EpochMs
}

/**
 * Backfills and how far they are. Every write is conditional on what was read, and says whose it is, so that an answer that got
 * lost is told from another's write.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer, `RECORD_CORRUPT` for an item that is not ours.
 */
export interface Backfills {
  get(id: BackfillId): Promise<Backfill | undefined>
  /** Of one stream, the latest first; at most a hundred. */
  list(poll: PollId): Promise<readonly Backfill[]>
  create(backfill: Backfill): Promise<'created' | 'exists'>
  /** `backfill` with the version that was read; it is written with the next one. `by`: 128 random bits of this run. */
  save(backfill: Backfill, by: string): Promise<'saved' | 'lost'>
}

/** The same window of the same stream has the same id. */
export function backfillId({ connection, stream }: PollId, { since, until }: BackfillWindow): string {
  const hash = hashTuple(connection, stream, String(since ?? ''), String(until ?? ''))
  return `bf_${hash.toString('base64url').slice(0, 32)}`
}

export const backfillIdGrammar = /^bf_[A-Za-z0-9_-]{32}$/

export const hasEnded = ({ state }: Pick<Backfill, 'state'>): boolean =>
  state === 'done' || state === 'cancelled' || state === 'failed'

/** The same with some fields set and some taken away: those that are named and `undefined`. */
export type BackfillChange = { readonly [Field in keyof Backfill]?: Backfill[Field] | undefined }

export function changed(backfill: Backfill, change: BackfillChange): Backfill {
  const entries = Object.entries({ ...backfill, ...change }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as unknown as Backfill
}

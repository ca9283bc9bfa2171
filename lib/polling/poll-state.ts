import type { PagePlace } from '../outbound/page-turn.ts'
import type { EpochMs } from '../primitives/clock.ts'

/** One stream of one connection: `conn_…` and `events`, `invoices`. */
export interface PollId {
  readonly connection: string
  readonly stream: string
}

/** What a poll is about, as rows of phases and jobs carry it. */
export interface PollRef extends PollId {
  readonly tenant: string
  readonly provider: string
}

/** A time of the provider: as it is written there, and read with everything below a millisecond cut off, never rounded up. */
export interface ProviderTime {
  readonly text: string
  readonly at: EpochMs
}

/** Minutes between two polls of a class. */
export const intervalClasses = [1, 5, 15, 60, 360, 1_440] as const
export type IntervalClass = (typeof intervalClasses)[number]

/** When a poll's turn is: minute `slot` of every `every` minutes since 1970. */
export interface Phase {
  readonly every: IntervalClass
  /** 0 to `every` - 1. */
  readonly slot: number
}

/** What happened in between can no longer be told, or not by this list: all of it, or its deletions. */
export interface PollGap {
  readonly of: 'all' | 'deletes'
  readonly since: EpochMs
  readonly until: EpochMs
}

/**
 * `active`: its turns are taken. `blocked`: they are, and only someone's doing can make them succeed, as `cause` says.
 * `paused`: someone has stopped it.
 */
export type PollState = 'active' | 'blocked' | 'paused'

/** How far one stream of one connection has been read. Made once; redeploys never touch it. */
export interface Poll extends PollRef {
  /** The webhook endpoint whose events these are too, else the provider's id: part of every event's identity. */
  readonly endpoint: string
  readonly state: PollState
  readonly cause?: string
  readonly phase: Phase
  /** The largest provider time up to which everything is durably queued. */
  readonly watermark?: ProviderTime
  /** Where the provider itself counts, a sync token or a history id; or how far an unfinished reading is. Plain JSON. */
  readonly cursor?: unknown
  /** The next page of a reading that is not finished; it goes on with the cursor beside it. */
  readonly place?: PagePlace
  /** When that reading began. */
  readonly begunAt?: EpochMs
  /** What the provider gave to ask "did it change?" with. */
  readonly etag?: string
  readonly lastModified?: string
  /** The provider's own word on how long to wait between two polls, milliseconds. */
  readonly askedIntervalMs?: number
  /** The last stretch of time that could not be read. */
  readonly gap?: PollGap
  /** Grows by one with every write but the lease's own. */
  readonly version: number
  /** Grows by one with every lease. */
  readonly fence: number
  /** Who runs it, or did last: 128 random bits. */
  readonly owner?: string
  /** The lease holds until then; 0 once released. */
  readonly leaseUntil: EpochMs
  readonly createdAt: EpochMs
  /** When the last run that was released, or slice of one, took its lease; 0 before the first. */
  readonly lastRunAt: EpochMs
  /** When the last enumeration that reached its end began: everything older is here, as far as the provider shows it. */
  readonly completeAt?: EpochMs
  /** When a run last brought something that was new to it. */
  readonly lastChangeAt?: EpochMs
  /** No turn is taken before this, unless someone asks for it. */
  readonly nextAt?: EpochMs
  /** Runs that failed since the last that did not. */
  readonly failures: number
  /** What the last failure was, in a few words without secrets. */
  readonly failure?: string
  /** Runs in a row that brought something (above zero) or nothing (below). */
  readonly streak: number
  /** Hashes of events that were queued last, so that an overlap is not queued again and again. */
  readonly recent?: string
  /** Items that were put on the queue. */
  readonly found: number
  /** Changes that no webhook had brought within the grace time, and when the last was found. */
  readonly missed: number
  readonly missedAt?: EpochMs
}

/** The right to run one poll until `leaseUntil`. Every later write of this run proves it. */
export interface PollLease extends PollId {
  readonly owner: string
  readonly fence: number
  readonly version: number
  readonly takenAt: EpochMs
  readonly leaseUntil: EpochMs
}

export type PollLeaseOutcome =
  /** `poll` as it stands under the lease. */
  | { readonly kind: 'leased'; readonly lease: PollLease; readonly poll: Poll }
  | { readonly kind: 'busy'; readonly leaseUntil: EpochMs }
  /** It ran since it was due, it waits, or it is paused. */
  | { readonly kind: 'not_due'; readonly poll: Poll }
  | { readonly kind: 'gone' }

export interface PollLeaseWish {
  /** 128 random bits, made anew for each run. */
  readonly owner: string
  readonly until: EpochMs
  /** A poll that ran at or after this need not run again. */
  readonly due: EpochMs
  /** Does not wait for `nextAt`. */
  readonly urgent?: boolean
}

/**
 * What a write changes: a field that is named is set, one that is named and `undefined` is removed, the others stay.
 * `found` and `missed` are added to what is there.
 */
export type PollChange = {
  readonly [
    Field in
      | 'watermark'
      | 'cursor'
      | 'place'
      | 'begunAt'
      | 'etag'
      | 'lastModified'
      | 'askedIntervalMs'
      | 'gap'
      | 'phase'
      | 'completeAt'
      | 'lastChangeAt'
      | 'nextAt'
      | 'failures'
      | 'failure'
      | 'streak'
      | 'cause'
      | 'missedAt'
      | 'recent'
  ]?: Poll[Field] | undefined
} & { readonly state?: 'active' | 'blocked'; readonly found?: number; readonly missed?: number }

export type NewPoll = PollRef & Pick<Poll, 'endpoint' | 'phase' | 'watermark' | 'createdAt'>

/** `lost`: another has written since, or it is gone; nothing was written. */
export type PollSaved = 'saved' | 'lost'

export interface PollPage {
  readonly polls: readonly Poll[]
  readonly next?: string
}

/**
 * Polls and how far they are. Each method but `list` is one read or one conditional write; an answer that got lost is decided
 * by the item that the repeated write returns.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer, `RECORD_CORRUPT` for an item that is not ours.
 */
export interface Polls {
  get(id: PollId): Promise<Poll | undefined>
  /** Those of `ids` that exist; at most a hundred. */
  find(ids: readonly PollId[]): Promise<readonly Poll[]>
  /** By tenant, connection and stream; of one tenant where it is named. At most a hundred. */
  list(tenant: string | undefined, after: string | undefined, limit: number): Promise<PollPage>
  /** If there is none: what stands is left as it is. */
  create(poll: NewPoll): Promise<'created' | 'exists'>
  remove(id: PollId): Promise<void>
  /** Takes the lease; an expired one may be taken over. */
  lease(id: PollId, wish: PollLeaseWish): Promise<PollLeaseOutcome>
  /** Saves under the lease and keeps it: go on with {@link afterWrite} of it. */
  advance(lease: PollLease, change: PollChange): Promise<PollSaved>
  /** Saves and releases. */
  release(lease: PollLease, change: PollChange): Promise<PollSaved>
  /**
   * Outside of any run, and on top of what was read: stops it, lets it go on, or sets how far it is. A run that is under way
   * loses its lease by it. `lost` too where an answer got lost: read it again.
   */
  change(poll: Poll, change: Omit<PollChange, 'state'> & { readonly state?: PollState }): Promise<PollSaved>
}

/** The lease after a write under it. */
export const afterWrite = (lease: PollLease): PollLease => ({ ...lease, version: lease.version + 1 })

/**
 * Which polls' turn a minute is: one row for each poll, in one partition for each phase, so that a tick reads what is due and
 * nothing else. The poll's own `phase` is what counts: a row elsewhere is a trace of a move, and is removed by whoever meets it.
 * @throws SluiceError `VAULT_UNAVAILABLE`
 */
export interface Phases {
  /** A page of the polls whose turn it is. */
  due(phase: Phase, after?: string): Promise<{ readonly polls: readonly PollRef[]; readonly next?: string }>
  /** Puts the row, whether or not it is there. */
  put(phase: Phase, poll: PollRef): Promise<void>
  /** Takes it away, unless it was put after `putBefore`. */
  remove(phase: Phase, id: PollId, putBefore?: EpochMs): Promise<void>
}

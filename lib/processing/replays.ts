import type { EpochMs, EpochSeconds } from '../primitives/clock.ts'

/** `same-key`: what is done is passed over, what is dead gets its attempts back. `forced`: what is done runs again as well. */
export type ReplayMode = 'same-key' | 'forced'

/** What a window is narrowed to; an absent field admits everything. */
export interface ReplayFilter {
  readonly provider?: string | undefined
  /** As handlers write it, with `*` for any run of characters: `stripe.invoice.*`. The provider's own type does too. */
  readonly type?: string | undefined
  readonly endpoint?: string | undefined
  readonly status?: 'done' | 'dead' | undefined
  /** Why it died: the beginning of its reason. */
  readonly reason?: string | undefined
}

/** Events of one tenant by the time they were received. */
export interface ReplayWindow {
  readonly tenant: string
  /** Inclusive. */
  readonly since: EpochMs
  /** Exclusive. */
  readonly until: EpochMs
  readonly filter: ReplayFilter
  readonly mode: ReplayMode
}

/** What became of the events that were looked at, each counted once. */
export interface ReplayCounts {
  /** On the queue again. */
  readonly queued: number
  /** Done before, or a copy that an earlier replay had made, or a batch whose events are replayed one by one. */
  readonly skipped: number
  /** Still on their way by themselves. */
  readonly underway: number
  /** What they held is gone. */
  readonly expired: number
  /** What is kept of them is no event that can be made anew. */
  readonly unreadable: number
}

/**
 * `running`: a message for its next slice is on the queue. `paused`: someone stopped it, or only someone's doing can make it go
 * on, as `cause` says. The others are ends.
 */
export type ReplayState = 'running' | 'paused' | 'done' | 'cancelled'

/** A replay of a window, and how far it is. */
export interface Replay extends ReplayWindow {
  /** `rp_…` */
  readonly id: string
  /** Events a second. */
  readonly rate: number
  /** Most events that are queued. */
  readonly limit: number
  /** Events that the filter admitted when it was made, where they were few enough to be counted. */
  readonly planned?: number
  readonly state: ReplayState
  readonly cause?: string
  readonly createdAt: EpochMs
  readonly finishedAt?: EpochMs
  /** A message for an earlier slice is of the past. */
  readonly slice: number
  /** Where to go on in the Ledger's index; missing where it begins. */
  readonly position?: string
  readonly counts: ReplayCounts
  /** In a row. */
  readonly failures: number
  readonly failure?: string
  /** Not before then. */
  readonly nextAt?: EpochMs
  /** Grows by one with every write. */
  readonly version: number
  readonly leaseUntil: EpochMs
  readonly expireAt: EpochSeconds
}

/** Whose turn it is: of one tenant, one replay at a time. */
export interface ReplayTurn {
  readonly tenant: string
  readonly replay: string
  readonly version: number
}

/**
 * Replays and how far they are. Every write is conditional on what was read, and says whose it is, so that an answer that got
 * lost is told from another's write.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer, `RECORD_CORRUPT` for an item that is not ours.
 */
export interface Replays {
  get(id: string): Promise<Replay | undefined>
  /** The latest first; at most a hundred. */
  list(): Promise<readonly Replay[]>
  create(replay: Replay): Promise<'created' | 'exists'>
  /** `replay` with the version that was read; it is written with the next one. `by`: 128 random bits of this run. */
  save(replay: Replay, by: string): Promise<'saved' | 'lost'>
  turn(tenant: string): Promise<ReplayTurn | undefined>
  /** Without `before` as the first of its tenant. */
  takeTurn(turn: Omit<ReplayTurn, 'version'>, before: ReplayTurn | undefined, by: string): Promise<boolean>
}

export const replayIdGrammar = /^rp_[A-Za-z0-9_-]{32}$/

export const hasEnded = ({ state }: Pick<Replay, 'state'>): boolean =>
  state === 'done' || state === 'cancelled'

/** The same with some fields set and some taken away: those that are named and `undefined`. */
export type ReplayChange = { readonly [Field in keyof Replay]?: Replay[Field] | undefined }

export function changed(replay: Replay, change: ReplayChange): Replay {
  const entries = Object.entries({ ...replay, ...change }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as unknown as Replay
}

export const lookedAt = ({ queued, skipped, underway, expired, unreadable }: ReplayCounts): number =>
  queued + skipped + underway + expired + unreadable

export const noCounts: ReplayCounts = { queued: 0, skipped: 0, underway: 0, expired: 0, unreadable: 0 }

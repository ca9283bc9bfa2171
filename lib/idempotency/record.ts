import type { EpochMs, EpochSeconds } from '../primitives/clock.ts'

/** Where an event stands. `received` is an event on the queue that no worker has claimed yet: it has no record. */
export type EventStatus = 'received' | 'claimed' | 'retry' | 'parked' | 'done' | 'dead'

/** What a record can say of itself. */
export type RecordStatus = Exclude<EventStatus, 'received'>

/**
 * One event in the Ledger table, attribute names as stored. Version 1.
 * The claim writes the first group, the completing (or failing) write the rest.
 */
export interface LedgerRecord {
  readonly pk: string
  readonly v: 1
  readonly st: RecordStatus
  /** Who claimed it last: 128 random bits, made before the first attempt of the claiming write. */
  readonly owner: string
  /** Grows by one with every claim; a write with an older fence never succeeds. */
  readonly fence: number
  /** Handler starts so far, crashed ones included. */
  readonly attempts: number
  /** The claim holds until then; 0 once released. */
  readonly leaseUntil: EpochMs
  /** What tells two deliveries under one key apart: hash of the content without the provider's volatile fields. */
  readonly contentHash: string
  readonly tenant: string
  readonly provider: string
  readonly endpoint: string
  readonly type: string
  readonly via: 'webhook' | 'poll' | 'bus' | 'replay'
  readonly deliveryKey: string
  readonly receivedAt: EpochMs
  readonly expireAt: EpochSeconds
  /** Index `byTime`: hour and shard, and the receive time as 13 digits with a tie-breaker. */
  readonly timeBucket: string
  readonly at: string

  readonly completedAt?: EpochMs
  /** Why it is dead, parked or waiting for a retry: an error code or a short sentence, never payload. */
  readonly reason?: string
  /** Names of the handlers and destinations that have succeeded; a retry skips them. */
  readonly steps?: readonly string[]
  /** The envelope as JSON, deflated; or the key of the archived object when it is too large. */
  readonly envelope?: Uint8Array
  readonly envelopeKey?: string
  /** Another body came under the same signed key, or the same body under a new unsigned one. */
  readonly flag?: 'conflict' | 'replayed-delivery'
  readonly replayOf?: string
  /** The delivery's id in a header that the provider doesn't sign. */
  readonly unsignedId?: string
  /** When a poll brought it that a webhook should have come before, the first time. */
  readonly sightedAt?: EpochMs
  /** Index `byDeath`, dead events only: month, and time of death with a tie-breaker. */
  readonly deadBucket?: string
  readonly deadAt?: string /** How often it got its attempts back, when last, and by whom: `operator`, `sluice`, or the id of a replay. */
  readonly redrives?: number
  readonly redrivenAt?: EpochMs
  readonly redrivenBy?: string
}

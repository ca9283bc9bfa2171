import type { EpochMs } from '../primitives/clock.ts'
import type { LedgerRecord, RecordStatus } from './record.ts'

/** What a record says of its event from the first write on. */
export type EventFacts = Pick<
  LedgerRecord,
  'tenant' | 'provider' | 'endpoint' | 'type' | 'via' | 'deliveryKey' | 'receivedAt' | 'contentHash'
> &
  Partial<Pick<LedgerRecord, 'replayOf' | 'unsignedId' | 'flag'>> & { readonly id: string }

/** The right to handle one event until `leaseUntil`. Every later write about it proves this ownership. */
export interface Claim {
  readonly id: string
  readonly owner: string
  readonly fence: number
  /** Handler starts, this one included. */
  readonly attempts: number
  /** Handlers and destinations that succeeded in an earlier attempt. */
  readonly steps: readonly string[]
  readonly leaseUntil: EpochMs
  readonly first?: FirstSight
  /** How often it was redriven before. */
  readonly redrives?: number
}

/** How an event came the first time. */
export interface FirstSight {
  readonly via: EventFacts['via']
  /** When a poll brought it that a webhook should bring too. */
  readonly sightedAt?: EpochMs
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  /** Someone else holds the lease. Counts no attempt. */
  | { readonly kind: 'busy'; readonly leaseUntil: EpochMs }
  /** Handled before, or dead and waiting for a redrive. */
  | {
      readonly kind: 'settled'
      readonly status: RecordStatus
      readonly unsignedId?: string
      readonly first?: FirstSight
    }
  /** Another content stands under this id. */
  | { readonly kind: 'conflict' }

/** `lost`: another owner has taken over, or the record is gone; nothing was written. */
export type Settlement = 'settled' | 'lost'

/** `busy`: someone holds the event. `conflict`: another content stands under this id. In both nothing was written. */
export type Burial = 'settled' | 'busy' | 'conflict'

export interface ClaimRequest {
  readonly facts: EventFacts
  /** 128 random bits, made before the first try of the write. */
  readonly owner: string
  readonly leaseUntil: EpochMs
  /** The death that a redrive undoes. */
  readonly redrive?: string | undefined
  /** Who redrives it, where it is not a person. */
  readonly redriveBy?: string | undefined
  /** A poll brings it, and a webhook should too: notes when, unless it is noted already. */
  readonly sighted?: boolean | undefined
}

/** A finished event's envelope, so that it can be replayed: in the item, or the key of its object. */
export type KeptEnvelope = { readonly envelope: Uint8Array } | { readonly envelopeKey: string }

/**
 * Who handles an event, and what became of it. Each method is one conditional write; an answer that got lost is decided
 * by the item that the repeated write returns, so an ambiguous success counts once.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface Claims {
  claim(request: ClaimRequest): Promise<ClaimOutcome>
  complete(claim: Claim, kept: KeptEnvelope): Promise<Settlement>
  /** Releases the claim for another attempt, by state and never by deleting. */
  fail(claim: Claim, reason: string, steps: readonly string[]): Promise<Settlement>
  /** Releases the claim and gives its attempt back. */
  park(claim: Claim, reason: string, steps: readonly string[]): Promise<Settlement>
  /** Sets the event aside with its reason and the claim's attempts, to be seen and redriven. */
  bury(claim: Claim, reason: string, kept: KeptEnvelope): Promise<Settlement>
  /** The same for what no worker holds: a conflict, a message that crashed its workers, or one that is no event. */
  buryUnclaimed(facts: EventFacts, reason: string, kept: KeptEnvelope): Promise<Burial>
  /** Marks a settled event whose signed body came again under another unsigned id. */
  flagReplayed(id: string): Promise<void>
}

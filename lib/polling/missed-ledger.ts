import type { EpochMs } from '../primitives/clock.ts'
import type { Unbrought } from './sightings.ts'

/** Changes that one poll found in one minute, and that no webhook brought within the grace time. */
export interface Missed extends Unbrought {
  /** The beginning of the minute. */
  readonly at: EpochMs
}

export interface MissedWanted {
  readonly tenant: string
  readonly since: EpochMs
  readonly until: EpochMs
  /** Where the page before ended. */
  readonly after: string | undefined
  readonly limit: number
}

export interface MissedPage {
  readonly items: readonly Missed[]
  readonly next?: string
}

/**
 * What webhooks did not bring, by tenant and minute.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface MissedLedger {
  /** Of a tenant, the latest first. */
  list(wanted: MissedWanted, signal: AbortSignal): Promise<MissedPage>
  /** Sets how many a poll found in a minute: the same figure, however often it is set. */
  set(missed: Missed): Promise<void>
  /** The last minute since 1970 that was judged; `undefined` before the first. */
  judged(): Promise<number | undefined>
  setJudged(minute: number): Promise<void>
}

/** Polls as they learn of what webhooks missed. */
export interface MissedPolls {
  /** Adds to a poll's count, unless this minute or a later one was added before. A poll that is gone is left alone. */
  addMissed(missed: Missed): Promise<void>
}

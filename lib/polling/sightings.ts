import type { EpochMs } from '../primitives/clock.ts'

/** An event that a poll brought before any webhook did, and when. */
export interface Sighting {
  readonly id: string
  readonly at: EpochMs
}

/** The poll that found it. */
export interface SightedBy {
  readonly tenant: string
  readonly provider: string
  readonly connection: string
  readonly stream: string
}

/** Events that one poll found in one minute, and that no webhook brought. */
export interface Unbrought extends SightedBy {
  readonly count: number
}

/**
 * What polls found first, until it is known whether a webhook brings it too. Each write says the same thing however often,
 * and in whatever order, it is made.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface Sightings {
  polled(sighting: Sighting, by: SightedBy): Promise<void>
  brought(sighting: Sighting): Promise<void>
  /** What was sighted in a minute since 1970 and not brought since, by poll. */
  unbrought(minute: number, signal: AbortSignal): Promise<readonly Unbrought[]>
}

import type { EpochMs } from '../primitives/clock.ts'

/** The functions that a schedule starts each minute. */
export const roundNames = ['sweeper', 'refresher', 'poller'] as const
export type RoundName = (typeof roundNames)[number]

/**
 * When each scheduled function came to its end last. One item for the whole deployment, so that asking costs one read.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface Rounds {
  note(name: RoundName, at: EpochMs): Promise<void>
}

/** The other half, for who looks. @throws SluiceError `LEDGER_UNAVAILABLE` */
export interface RoundsReader {
  /** Those that have ended once. */
  read(): Promise<Readonly<Partial<Record<RoundName, EpochMs>>>>
}

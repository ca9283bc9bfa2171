import type { EpochMs } from '../primitives/clock.ts'

/** An answer as it is given again. */
export interface KeptAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type Begun =
  /** It may be done, by this owner alone. `since` stays the same when an earlier try did not come to its end. */
  | { readonly kind: 'mine'; readonly since: EpochMs }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** Another is at it, until then at most. */
  | { readonly kind: 'running'; readonly until: EpochMs }
  /** The same key was sent with another request. */
  | { readonly kind: 'other' }

/**
 * What requests with an `Idempotency-Key` were answered, for a day.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface KeptAnswers {
  /**
   * Exactly one of several calls is told `mine` at a time.
   * @param scope the key, and whose it is
   * @param print of the whole request
   * @param owner 128 random bits made by the caller, so that an answer that got lost is known as its own
   */
  begin(scope: string, print: string, owner: string): Promise<Begun>
  keep(scope: string, owner: string, answer: KeptAnswer): Promise<void>
  /** `free`: nothing was done, any request may take the key. `again`: it may have been done, and only the same one may. */
  giveBack(scope: string, owner: string, how: 'free' | 'again'): Promise<void>
}

/**
 * Counts tries to sign in, over all instances.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface SignIns {
  /** How many tries this one makes, of whoever it is, in a minute since 1970. */
  count(who: string, minute: number): Promise<number>
}

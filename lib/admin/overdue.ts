import type { EpochMs } from '../primitives/clock.ts'

/** Work whose time has come and that nobody has done. */
export interface Overdue {
  /** At most as many as were asked for. */
  readonly count: number
  /** Since when the oldest of it waits. */
  readonly since?: EpochMs
}

/**
 * Looks for work that was due before an instant: `refreshes` of tokens, and `subscriptions` that are to be renewed before they
 * run out.
 * @throws SluiceError `VAULT_UNAVAILABLE`
 */
export interface OverdueWork {
  refreshes(before: EpochMs, limit: number): Promise<Overdue>
  subscriptions(before: EpochMs, limit: number): Promise<Overdue>
}

import { asking } from '../config/asking-defaults.ts'
import type { EpochMs } from '../primitives/clock.ts'
import { keeperJobsOf, type KeeperJobs } from './keeper-jobs.ts'
import type { Subscriptions } from './keeper.ts'

export interface KeeperTickDeps {
  readonly subscriptions: Pick<Subscriptions, 'due'>
  readonly keeperJobs: KeeperJobs
}

/**
 * Puts the subscriptions whose time has come on the queue: one query, however many there are. One that waits there already is
 * put on it again, and is done once. Answers how many.
 * @throws SluiceError `VAULT_UNAVAILABLE` or `BUFFER_UNAVAILABLE`: then the next tick does it.
 */
export async function tickKeeper(
  now: EpochMs,
  { subscriptions, keeperJobs }: KeeperTickDeps,
): Promise<number> {
  const due = await subscriptions.due(now, asking.keptPerTick)
  if (due.length > 0) await keeperJobs.send(keeperJobsOf(due))
  return due.length
}

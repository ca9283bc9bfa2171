import type { Context } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { refreshDue, type RefreshDueDeps } from '#lib/oauth/refresh-due.ts'

/** Connections of one round, and in work at the same time. */
const round = 100
const concurrency = 10
/** A refresh, its lease's margin and its saving must fit into what is left. */
const floorMs = 20_000

/** Each minute: what is due, the most overdue first, as long as a refresh still fits into the time. */
export function refresher(deps: RefreshDueDeps) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    let seen = round
    while (seen === round && context.getRemainingTimeInMillis() > floorMs) {
      try {
        seen = await refreshDue(round, concurrency, deps)
      } catch (error) {
        deps.log('error', 'a round of refreshes ended early', { error: describeError(error) })
        return
      }
    }
  }
}

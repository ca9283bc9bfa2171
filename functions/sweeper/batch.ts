import type { Context } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { sweepDeadJobs, type DeadJobsDeps } from '#lib/polling/dead-jobs.ts'
import { sweepDeadLetters, sweepSpill, type SweepDeps } from '#lib/processing/sweep.ts'

/** Room to end before Lambda ends the invocation. */
const marginMs = 1_000

/** Does for a while what there is to do. */
type Round = (signal: AbortSignal) => Promise<unknown>

/**
 * Each minute: the spill first, then the dead letters of events, then those of jobs, then what else there is, each for its share
 * of the time that is left. What one round does not reach, the next one does.
 */
export function sweep(deps: SweepDeps & DeadJobsDeps, more: readonly Round[] = []) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const rounds: readonly Round[] = [
      (signal) => sweepSpill(signal, deps),
      (signal) => sweepDeadLetters(signal, deps),
      (signal) => sweepDeadJobs(signal, deps),
      ...more,
    ]
    for (const [index, round] of rounds.entries()) {
      const left = context.getRemainingTimeInMillis() - marginMs
      const deadline = deadlineAfter(deps.clock, ms(left / (rounds.length - index)))
      try {
        await round(deadline.signal)
      } catch (error) {
        deps.log('error', 'a sweep ended early', { error: describeError(error) })
      } finally {
        deadline.end()
      }
    }
  }
}

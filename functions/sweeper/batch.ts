import type { Context } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { sweepDeadJobs, type DeadJobsDeps } from '#lib/polling/dead-jobs.ts'
import { sweepDeadLetters, sweepSpill, type SweepDeps } from '#lib/processing/sweep.ts'

/** Room to end before Lambda ends the invocation. */
const marginMs = 1_000

/**
 * Each minute: the spill first, for at most a third of the time, then the dead letters of events, then those of jobs. What one
 * round does not reach, the next one does.
 */
export function sweep(deps: SweepDeps & DeadJobsDeps) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const rounds = [sweepSpill, sweepDeadLetters, sweepDeadJobs]
    for (const [index, round] of rounds.entries()) {
      const left = context.getRemainingTimeInMillis() - marginMs
      const deadline = deadlineAfter(deps.clock, ms(left / (rounds.length - index)))
      try {
        await round(deadline.signal, deps)
      } catch (error) {
        deps.log('error', 'a sweep ended early', { error: describeError(error) })
      } finally {
        deadline.end()
      }
    }
  }
}

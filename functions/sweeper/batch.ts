import type { Context } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { sweepDeadLetters, sweepSpill, type SweepDeps } from '#lib/processing/sweep.ts'

/** Room to end before Lambda ends the invocation. */
const marginMs = 1_000

/** Each minute: the spill first, then the dead-letter queues. What one round does not reach, the next one does. */
export function sweep(deps: SweepDeps) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = deadlineAfter(deps.clock, ms(context.getRemainingTimeInMillis() - marginMs))
    for (const round of [sweepSpill, sweepDeadLetters]) {
      try {
        await round(deadline.signal, deps)
      } catch (error) {
        deps.log('error', 'a sweep ended early', { error: describeError(error) })
      }
    }
    deadline.end()
  }
}

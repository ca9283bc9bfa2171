import type { Context } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { sweepDeadLetters, sweepSpill, type SweepDeps } from '#lib/processing/sweep.ts'

/** Room to end before Lambda ends the invocation. */
const marginMs = 1_000

export interface SweeperDeps extends SweepDeps {
  /** Counts what polls found and no webhook brought. */
  readonly judge?: (signal: AbortSignal) => Promise<unknown>
}

/**
 * Each minute: the spill first, for at most a third of the time, then the dead-letter queues, then what no webhook brought. What one round does not reach,
 * the next one does.
 */
export function sweep(deps: SweeperDeps) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const rounds = [
      (signal: AbortSignal) => sweepSpill(signal, deps),
      (signal: AbortSignal) => sweepDeadLetters(signal, deps),
      ...(deps.judge ? [deps.judge] : []),
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

import type { DeadLetter, DeadLetterQueue } from '../buffer/dead-letter-queue.ts'
import { describeError } from '../errors/sluice-error.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { readBackfillJob } from './backfill-jobs.ts'
import { readHintJob } from './hint-job.ts'
import { readKeeperJob } from './keeper-jobs.ts'
import { readJob } from './poll-jobs.ts'

export interface DeadJobsDeps {
  readonly deadJobQueues: readonly DeadLetterQueue[]
  readonly log: Log
  readonly metrics: Metrics
}

/**
 * Tells of jobs that killed each start of the poller that took them, and takes them away: nothing is kept in them. A poll and a
 * subscription have other turns; a backfill waits to be resumed. Answers how many there were.
 */
export async function sweepDeadJobs(
  signal: AbortSignal,
  { deadJobQueues, log, metrics }: DeadJobsDeps,
): Promise<number> {
  let swept = 0
  for (const queue of deadJobQueues) {
    for (;;) {
      const letters = await queue.receive(signal)
      for (const letter of letters) {
        const { kind, ...about } = aboutOf(letter)
        metrics.count('PollJobDead', { reason: kind })
        log('error', 'a job killed each start of the poller that took it', { reason: kind, ...about })
        try {
          await queue.delete(letter, signal)
          swept += 1
        } catch (error) {
          log('warn', 'a dead job could not be taken away; it is told of again', {
            error: describeError(error),
          })
        }
      }
      if (letters.length === 0 || signal.aborted) break
    }
  }
  return swept
}

interface About {
  readonly kind: 'poll' | 'hint' | 'subscription' | 'backfill' | 'unknown'
  readonly connection?: string
  readonly type?: string
  readonly count?: number
}

/** What is in it; of several, the first. */
function aboutOf({ body }: DeadLetter): About {
  const backfill = readBackfillJob(body)
  if (backfill) return { kind: 'backfill', connection: backfill.connection, type: backfill.stream }
  const keeper = readKeeperJob(body)?.keep
  if (keeper)
    return { kind: 'subscription', count: keeper.length, ...nameOf(keeper[0], keeper[0]?.subscription) }
  if (readHintJob(body)) return { kind: 'hint' }
  const polls = readJob(body)?.polls
  if (polls) return { kind: 'poll', count: polls.length, ...nameOf(polls[0], polls[0]?.stream) }
  return { kind: 'unknown' }
}

const nameOf = (one: { readonly connection: string } | undefined, type: string | undefined) => ({
  ...(one && { connection: one.connection }),
  ...(type !== undefined && { type }),
})

import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { readReplayJob } from '#lib/processing/replay-jobs.ts'
import { runReplay, type RunReplayDeps } from '#lib/processing/replay-run.ts'

export interface ReplayerDeps {
  readonly replay: Omit<RunReplayDeps, 'remainingMs'>
}

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>
type Sweep = (event: unknown, context: Remaining) => Promise<void>

/** The sweeper with one trigger more: the queue of replays' slices. */
export const withReplays =
  (sweep: Sweep, { replay }: ReplayerDeps) =>
  async (event: unknown, context: Remaining): Promise<SQSBatchResponse | undefined> => {
    const { Records } = (event ?? {}) as Partial<SQSEvent>
    if (!Array.isArray(Records)) {
      await sweep(event, context)
      return undefined
    }
    const failed: string[] = []
    for (const record of Records) if (!(await isSent(record, context, replay))) failed.push(record.messageId)
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }

async function isSent(
  { messageId, body }: SQSRecord,
  context: Remaining,
  deps: ReplayerDeps['replay'],
): Promise<boolean> {
  const job = readReplayJob(body)
  if (!job) {
    deps.log('error', 'a message is no slice of a replay; it is dropped', { messageId })
    return true
  }
  try {
    await runReplay(job, { ...deps, remainingMs: () => ms(context.getRemainingTimeInMillis()) })
    return true
  } catch (error) {
    deps.log('error', 'a slice of a replay could not be sent; it comes back', {
      messageId,
      error: describeError(error),
    })
    return false
  }
}

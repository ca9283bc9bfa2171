import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { describeError } from '#lib/errors/sluice-error.ts'
import { readBackfillJob } from '#lib/polling/backfill-jobs.ts'
import { runBackfill, type RunBackfillDeps } from '#lib/polling/backfill-run.ts'
import { ms, type Millis } from '#lib/primitives/clock.ts'

export interface BackfillerDeps {
  readonly backfill: Omit<RunBackfillDeps, 'remainingMs'>
}

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>
type Handler = (event: unknown, context: Remaining) => Promise<SQSBatchResponse | undefined>

/** The same function with one trigger more: the queue of slices. A message of it can be told by its form. */
export const withBackfills =
  (next: Handler, deps: BackfillerDeps): Handler =>
  async (event, context) => {
    const { Records = [] } = (event ?? {}) as Partial<SQSEvent>
    if (!Array.isArray(Records) || Records.length === 0 || !Records.every(isSlice))
      return next(event, context)
    const failed = await runSlices(Records, () => ms(context.getRemainingTimeInMillis()), deps)
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }

const isSlice = ({ body, messageId, eventSource }: Partial<SQSRecord>): boolean =>
  messageId !== undefined && eventSource === 'aws:sqs' && readBackfillJob(body ?? '') !== undefined

/** Slices, one after the other; answers those that have to come again. */
async function runSlices(
  records: readonly Pick<SQSRecord, 'messageId' | 'body'>[],
  remainingMs: () => Millis,
  { backfill }: BackfillerDeps,
): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { messageId, body } of records) {
    const job = readBackfillJob(body)
    if (!job) continue
    try {
      await runBackfill(job, { ...backfill, remainingMs })
    } catch (error) {
      failed.push(messageId)
      const { connection, stream } = job
      backfill.log('error', 'a slice of a backfill could not be read; it comes back', {
        messageId,
        connection,
        type: stream,
        error: describeError(error),
      })
    }
  }
  return failed
}

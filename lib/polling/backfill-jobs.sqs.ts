import type { SQSClient } from '@aws-sdk/client-sqs'
import { sendBatches } from '../aws/send-batch.ts'
import { queue } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { ms } from '../primitives/clock.ts'
import type { BackfillJobs } from './backfill-jobs.ts'

export interface SqsBackfillJobsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

/** The queue of slices. A slice that is queued twice is read once. */
export function sqsBackfillJobs({ client, queueUrl }: SqsBackfillJobsOptions): BackfillJobs {
  return {
    async send(job, delayMs = ms(0)) {
      const delaySeconds = Math.ceil(Math.min(Math.max(0, delayMs), queue.maxDelayMs) / 1_000)
      const message = { body: JSON.stringify(job), ...(delaySeconds > 0 && { delaySeconds }) }
      const { failed, error } = await sendBatches(client, queueUrl, [message])
      if (failed.length === 0) return
      const reason = error === undefined ? '' : `: ${describeError(error)}`
      throw new SluiceError('BUFFER_UNAVAILABLE', `the queue did not take a slice of a backfill${reason}`, {
        cause: error,
      })
    },
  }
}

import type { SQSClient } from '@aws-sdk/client-sqs'
import { sendBatches } from '../aws/send-batch.ts'
import { queue } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { PollJobs } from './poll-jobs.ts'

export interface SqsPollJobsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

/** A queue of jobs. What it does not take at first is sent once more; a poll that is queued twice runs once. */
export function sqsPollJobs({ client, queueUrl }: SqsPollJobsOptions): PollJobs {
  return {
    async send(jobs, delay) {
      const delaySeconds =
        delay === undefined ? undefined : Math.ceil(Math.min(delay, queue.maxDelayMs) / 1_000)
      const messages = jobs.map((job) => ({
        body: JSON.stringify(job),
        ...(delaySeconds !== undefined && { delaySeconds }),
      }))
      const first = await sendBatches(client, queueUrl, messages)
      if (first.failed.length === 0) return
      const again = await sendBatches(
        client,
        queueUrl,
        first.failed.flatMap((index) => messages[index] ?? []),
      )
      if (again.failed.length === 0) return
      const reason = again.error === undefined ? '' : `: ${describeError(again.error)}`
      throw new SluiceError(
        'BUFFER_UNAVAILABLE',
        `the queue did not take ${again.failed.length} of ${jobs.length} poll jobs${reason}`,
        { cause: again.error },
      )
    },
  }
}

import type { SQSClient } from '@aws-sdk/client-sqs'
import { sendBatches, type BatchMessage } from '../aws/send-batch.ts'
import { queue } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { ms } from '../primitives/clock.ts'
import type { JobWait, PollJob, PollJobs } from './poll-jobs.ts'

export interface SqsPollJobsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

function delayOf({ delayMs = ms(0), spreadMs = ms(0) }: JobWait, share: number): number {
  return Math.ceil(Math.min(delayMs + spreadMs * share, queue.maxDelayMs) / 1_000)
}

const messageOf = (job: PollJob, delaySeconds: number): BatchMessage => ({
  body: JSON.stringify(job),
  ...(delaySeconds > 0 && { delaySeconds }),
})

/** A queue of jobs. What it does not take at first is sent once more; a poll that is queued twice runs once. */
export function sqsPollJobs({ client, queueUrl }: SqsPollJobsOptions): PollJobs {
  return {
    async send(jobs, wait = {}) {
      const messages = jobs.map((job, index) => messageOf(job, delayOf(wait, index / jobs.length)))
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

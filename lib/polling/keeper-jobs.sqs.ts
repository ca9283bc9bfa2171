import type { SQSClient } from '@aws-sdk/client-sqs'
import { sendBatches } from '../aws/send-batch.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { KeeperJobs } from './keeper-jobs.ts'

export interface SqsKeeperJobsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

/** The queue of poll jobs takes these too: a message of them can be told by its form. One that is queued twice is done once. */
export const sqsKeeperJobs = ({ client, queueUrl }: SqsKeeperJobsOptions): KeeperJobs => ({
  async send(jobs) {
    const messages = jobs.map((job) => ({ body: JSON.stringify(job) }))
    const { failed, error } = await sendBatches(client, queueUrl, messages)
    if (failed.length === 0) return
    const reason = error === undefined ? '' : `: ${describeError(error)}`
    throw new SluiceError(
      'BUFFER_UNAVAILABLE',
      `the queue did not take ${failed.length} of ${jobs.length} jobs of the keeper${reason}`,
      { cause: error },
    )
  },
})

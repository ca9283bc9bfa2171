import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { asking } from '../config/asking-defaults.ts'
import type { HintJob } from './hint-job.ts'

export interface SqsHintsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
}

/** Puts a hint on the queue of polls. @throws SluiceError `BUFFER_UNAVAILABLE` */
export const sqsHints =
  ({ client, queueUrl }: SqsHintsOptions) =>
  async (hint: HintJob['hint']): Promise<void> => {
    const job: HintJob = { v: 1, hint }
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify(job),
      DelaySeconds: asking.gatherMs / 1_000,
    })
    try {
      await client.send(command)
    } catch (cause) {
      throw new SluiceError('BUFFER_UNAVAILABLE', `the queue did not take a hint: ${describeError(cause)}`, {
        cause,
      })
    }
  }

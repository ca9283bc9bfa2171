import type { SQSClient } from '@aws-sdk/client-sqs'
import { queue } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { ms, type Millis } from '../primitives/clock.ts'
import { sendBatches } from './send-batch.ts'

export interface JobQueue {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrl: string
  /** What its messages are called when they are not taken. */
  readonly noun: string
}

/** One message for a queue of slices, which nobody is handed before `delayMs`. @throws SluiceError `BUFFER_UNAVAILABLE` */
export async function sendJob(
  { client, queueUrl, noun }: JobQueue,
  job: unknown,
  delayMs: Millis = ms(0),
): Promise<void> {
  const delaySeconds = Math.ceil(Math.min(Math.max(0, delayMs), queue.maxDelayMs) / 1_000)
  const message = { body: JSON.stringify(job), ...(delaySeconds > 0 && { delaySeconds }) }
  const { failed, error } = await sendBatches(client, queueUrl, [message])
  if (failed.length === 0) return
  const reason = error === undefined ? '' : `: ${describeError(error)}`
  throw new SluiceError('BUFFER_UNAVAILABLE', `the queue did not take ${noun}${reason}`, { cause: error })
}

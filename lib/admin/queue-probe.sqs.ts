import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Probe } from './health.ts'

/** Asks the queue for its ARN: the cheapest question that only a queue that is there can answer. */
export const sqsProbe =
  (client: Pick<SQSClient, 'send'>, queueUrl: string): Probe =>
  (signal) =>
    client.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }), {
      abortSignal: signal,
    })

import { createHash } from 'node:crypto'
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'

type Work = (record: SQSRecord) => Promise<unknown>
export type BatchHandler = (event: SQSEvent, context: Context) => Promise<unknown>

/** The least a worker can do: run every record and report the ones that failed. */
export const bareLoop =
  (work: Work): BatchHandler =>
  async (event) => {
    const settled = await Promise.allSettled(event.Records.map(work))
    return {
      batchItemFailures: settled.flatMap(({ status }, i) =>
        status === 'rejected' ? [{ itemIdentifier: event.Records[i]?.messageId }] : [],
      ),
    }
  }

/** The bare loop with what any idempotent worker needs: a hashed key and two writes per record. */
export const bareLoopWithWrites = (work: Work, client: DynamoDBClient): BatchHandler =>
  bareLoop(async (record) => {
    const key = createHash('sha256').update(record.messageId).digest('base64url')
    await client.send({ put: key } as never)
    await work(record)
    await client.send({ update: key } as never)
  })

/** Powertools' own way of both: partial batch answers around an idempotent function. */
export function powertools(work: Work, client: DynamoDBClient): BatchHandler {
  const processor = new BatchProcessor(EventType.SQS)
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' })
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client })
  const idempotent = makeIdempotent(async (record: SQSRecord) => (await work(record)) as never, {
    persistenceStore,
    config,
  })
  return (event, context) => {
    config.registerLambdaContext(context)
    return processPartialResponse(event, (record: SQSRecord) => idempotent(record), processor, {
      context,
    })
  }
}

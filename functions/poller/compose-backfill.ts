import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBatchBuffer } from '#lib/buffer/batch-buffer.sqs.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { sqsBackfillJobs } from '#lib/polling/backfill-jobs.sqs.ts'
import { backfillSource } from '#lib/polling/backfill-source.ts'
import { dynamoBackfills } from '#lib/polling/backfills.dynamo.ts'
import { callOptionsOf } from '#lib/polling/call-options.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { composeCalls, type Calls } from '../common/compose-calls.ts'
import type { Counted } from '../common/compose-metrics.ts'
import { composeRounds } from '../common/compose-rounds.ts'
import type { RoundDeps } from '../common/with-round.ts'
import type { BackfillerDeps } from './backfills.ts'
import type { PollerDeps } from './batch.ts'
import { compose, declarationOf } from './compose.ts'
import type { OrderDeps } from './orders.ts'

/** Everything that polls and backfills need. */
export function composeAll(): PollerDeps & OrderDeps & BackfillerDeps & Counted & RoundDeps {
  const calls = composeCalls()
  const poller = compose(calls)
  return { ...poller, rounds: composeRounds(), backfill: backfillDeps(calls, poller), metrics: calls.metrics }
}

function backfillDeps({ sluice }: Calls, poller: PollerDeps): BackfillerDeps['backfill'] {
  const { clock, random, log, metrics, objects } = poller
  const client = sqsClient({ maxAttempts: 3 })
  return {
    clock,
    random,
    log,
    metrics,
    objects,
    backfills: dynamoBackfills({
      client: dynamodbClient({ maxAttempts: 3 }),
      table: required(env.connectionsTable),
    }),
    jobs: sqsBackfillJobs({ client, queueUrl: required(env.backfillQueueUrl) }),
    queue: sqsBatchBuffer({ client, queueUrl: required(env.bulkQueueUrl) }),
    sourceOf: ({ provider: id, stream }) => {
      const provider = findProvider(id)
      return provider && declarationOf(id, stream) && backfillSource(provider, stream)
    },
    clientOf: ({ tenant, provider, connection, stream }) => {
      const list = declarationOf(provider, stream)?.list
      const ref = { provider, id: connection, ...(list?.base !== undefined && { base: list.base }) }
      const fetch = sluice.fetch(tenant, ref, { priority: 'backfill', ...callOptionsOf(list) })
      return { provider, api: findProvider(provider)?.api, fetch, clock, random }
    },
  }
}

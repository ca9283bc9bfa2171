import type { PollerDeps } from '#functions/poller/batch.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { sqsBatchBuffer } from '#lib/buffer/batch-buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { listingOf } from '#lib/polling/listing-of.ts'
import { judgeMissed } from '#lib/polling/missed.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { dynamoMissedPolls } from '#lib/polling/missed-polls.dynamo.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import type { PollRef } from '#lib/polling/poll-state.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { reconcile, type ReconcileDeps } from '#lib/polling/reconcile.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import type { SourceOf } from '#lib/polling/source.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import type { Polls } from '#lib/providers/polls.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { simClient } from '../client.ts'
import type { Sandbox } from '../sandbox.ts'
import type { SimApi } from './api.ts'
import { api as declaredApi, interval, polled } from './streams.ts'
import { urls, type SimStream, type SyncWorld } from './world.ts'

const told = { log: silentLog, metrics: { count: () => {}, measure: () => {} } }

/** As `functions/poller/compose.ts` puts it together, over the models. */
export function pollerDeps(box: Sandbox, world: SyncWorld, api: SimApi): PollerDeps {
  const { clock, random } = box
  const table = { client: tableClient('connections', box, world), table: 'connections', clock }
  const polls = dynamoPolls(table)
  const phases = dynamoPhases(table)
  const compared = comparedBy({ polls, phases, clock }, world)
  return {
    ...told,
    clock,
    random,
    judge: judgeBy(box, world),
    polls,
    phases,
    ...stores(box, world),
    memory: dynamoTickMemory(table),
    isIdle: false,
    isWanted: () => true,
    reconcile: (after) => reconcile(after, compared),
    // No connection is new here, and nothing is subscribed to.
    reconcileChanged: async () => {},
    tickKeeper: async () => 0,
    sourceOf,
    endpointOf: ({ endpoint }) => endpoint,
    hasWebhooks: (poll) => streamOf(poll, world).hasWebhooks,
    clientOf: (poll) => ({
      provider: poll.provider,
      api: declaredApi,
      fetch: api.fetchFor(streamOf(poll, world), box),
      clock,
      random,
    }),
  }
}

function judgeBy(box: Sandbox, world: SyncWorld): PollerDeps['judge'] {
  const control = { client: tableClient('control', box, world), table: 'control' }
  const deps = {
    ...told,
    clock: box.clock,
    sightings: dynamoSightings(control),
    missed: dynamoMissedLedger(control),
    missedPolls: dynamoMissedPolls({ client: tableClient('connections', box, world), table: 'connections' }),
  }
  return (signal) => judgeMissed(signal, world.mutant.judge?.(deps) ?? deps)
}

function stores(box: Sandbox, world: SyncWorld): Pick<PollerDeps, 'jobs' | 'queue' | 'objects'> {
  const use = (service: 'sqs' | 's3') =>
    simClient(
      { service, model: world[service], maxAttempts: 3, requestTimeoutMs: 2_000 },
      box,
      world.asWorld,
    ) as never
  return {
    jobs: sqsPollJobs({ client: use('sqs'), queueUrl: urls.polls }),
    queue: sqsBatchBuffer({ client: use('sqs'), queueUrl: urls.events }),
    objects: s3Objects({ open: async () => ({ client: use('s3'), sdk: s3Sdk }), bucket: 'bucket' }),
  }
}

const comparedBy = (
  parts: Pick<ReconcileDeps, 'polls' | 'phases' | 'clock'>,
  world: SyncWorld,
): ReconcileDeps => ({
  ...parts,
  log: silentLog,
  connections: { list: async () => ({ connections: world.accounts }) },
  streamsOf: (tenant, provider) =>
    world.streams
      .filter((each) => each.tenant === tenant && each.provider === provider)
      .map(({ kind, endpoint }) => ({ stream: kind, endpoint, interval, timed: true })),
  mostStreams: 2,
  subscribe: async () => {},
  mostSubscriptions: 0,
})

const sourceOf: SourceOf = ({ provider, stream }) => {
  const polls = polled[provider] as Polls
  const declaration = polls[stream]
  return declaration && { ...listingOf({ id: provider, polls }, stream), interval: declaration.interval }
}

export const tableClient = (name: 'connections' | 'control' | 'ledger', box: Sandbox, world: SyncWorld) =>
  simClient(
    { service: 'dynamodb', model: world[name], maxAttempts: 3, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never

function streamOf({ connection, stream }: PollRef, { streams }: SyncWorld): SimStream {
  const found = streams.find((each) => each.connection === connection && each.kind === stream)
  if (!found) throw new Error(`there is no stream ${stream} of ${connection}`)
  return found
}

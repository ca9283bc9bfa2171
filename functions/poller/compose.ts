import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { s3 } from '#lib/aws/s3.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBatchBuffer } from '#lib/buffer/batch-buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { missedGrace, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { callOptionsOf } from '#lib/polling/call-options.ts'
import { streamOf } from '#lib/polling/declared.ts'
import { listingOf } from '#lib/polling/listing-of.ts'
import { judgeMissed, type JudgeDeps } from '#lib/polling/missed.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { dynamoMissedPolls } from '#lib/polling/missed-polls.dynamo.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { filePollConfig } from '#lib/polling/poll-config.file.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { reconcileChanged, type ReconcileChangedDeps } from '#lib/polling/reconcile-changed.ts'
import { reconcile } from '#lib/polling/reconcile.ts'
import type { PollsTable } from '#lib/polling/poll-writer.dynamo.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { wantedOf, type Wanted } from '#lib/polling/wanted.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { dynamoChangedConnections } from '#lib/vault/changed-connections.dynamo.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import type { Directory, Endpoint } from '#lib/webhooks/directory.ts'
import type { Calls } from '../common/compose-calls.ts'
import type { PollerDeps } from './batch.ts'
import { composeKeeper } from './compose-keeper.ts'
import type { OrderDeps } from './orders.ts'

/** Everything that the poller needs, from its environment and what was compiled from the config. */
export function compose(calls: Calls): PollerDeps & OrderDeps {
  const { connections, clock, log, metrics } = calls
  const directory = fileDirectory(new URL('directory.json', import.meta.url))
  const wanted = wantedOf(filePollConfig(new URL('polls.json', import.meta.url)), findProvider)
  const client = dynamodbClient({ maxAttempts: 3 })
  const table = { client, table: required(env.connectionsTable), clock }
  const polls = dynamoPolls(table)
  const phases = dynamoPhases(table)
  const endpointOf = (tenant: string, provider: string) =>
    endpointIn(directory, tenant, provider)?.id ?? provider
  const kept = composeKeeper(calls, (tenant, provider) => endpointIn(directory, tenant, provider))
  const compared: ReconcileChangedDeps = {
    connections: { list: (from, limit) => connections.list(undefined, from, limit) },
    polls,
    phases,
    streamsOf: (tenant, provider) => {
      const endpoint = endpointOf(tenant, provider)
      return wanted.streamsOf(tenant, provider).map((stream) => ({ ...stream, endpoint }))
    },
    mostStreams: wanted.mostStreams,
    mostSubscriptions: kept.wanted.most,
    subscribe: kept.subscribe,
    changed: dynamoChangedConnections(table),
    read: connections.read,
    clock,
    log,
  }
  const told = { clock, log, metrics }
  return {
    ...told,
    random: systemRandom,
    judge: judgeBy(table, told),
    polls,
    phases,
    ...stores(),
    memory: dynamoTickMemory(table),
    isIdle: wanted.mostStreams === 0 && kept.wanted.most === 0,
    isWanted: wanted.isWanted,
    reconcile: (after) => reconcile(after, compared),
    reconcileChanged: () => reconcileChanged(compared),
    ...kept,
    hints: hintsBy(connections, wanted, directory),
    sourceOf,
    endpointOf: ({ tenant, provider }) => endpointOf(tenant, provider),
    hasWebhooks: ({ tenant, provider, stream }) =>
      endpointIn(directory, tenant, provider) !== undefined && isShared(provider, stream),
    clientOf: clientBy(calls),
  }
}

const clientBy =
  ({ sluice, clock }: Calls): PollerDeps['clientOf'] =>
  ({ tenant, provider, connection, stream }) => {
    const list = declarationOf(provider, stream)?.list
    const ref = { provider, id: connection, ...(list?.base !== undefined && { base: list.base }) }
    const fetch = sluice.fetch(tenant, ref, { priority: 'poll', ...callOptionsOf(list) })
    return { provider, api: findProvider(provider)?.api, fetch, clock, random: systemRandom }
  }

const hintsBy = (
  connections: Calls['connections'],
  { streamsOf }: Wanted,
  directory: Directory,
): OrderDeps['hints'] => ({
  connections,
  idOf: connectionId,
  streamsOf,
  endpointOf: (tenant, provider) => endpointIn(directory, tenant, provider)?.id,
})

/** Counts what polls found and no webhook brought, in the two tables that know of it. */
function judgeBy(polls: PollsTable, told: Pick<JudgeDeps, 'clock' | 'log' | 'metrics'>): PollerDeps['judge'] {
  const control = { client: polls.client, table: required(env.controlTable) }
  const deps: JudgeDeps = {
    ...told,
    graceMs: missedGrace(),
    sightings: dynamoSightings(control),
    missed: dynamoMissedLedger(control),
    missedPolls: dynamoMissedPolls(polls),
  }
  return (signal) => judgeMissed(signal, deps)
}

/** Where jobs and events go. */
function stores(): Pick<PollerDeps, 'jobs' | 'queue' | 'objects'> {
  const client = sqsClient({ maxAttempts: 3 })
  return {
    jobs: sqsPollJobs({ client, queueUrl: required(env.pollQueueUrl) }),
    queue: sqsBatchBuffer({ client, queueUrl: required(env.eventsQueueUrl) }),
    objects: s3Objects({ open: () => s3({ maxAttempts: 3 }), bucket: required(env.bucket) }),
  }
}

/** The endpoint that brings a tenant's events of a provider by webhook. */
const endpointIn = ({ endpoints }: Directory, tenant: string, provider: string): Endpoint | undefined =>
  endpoints.find(
    (each) =>
      each.provider === provider &&
      (each.tenant === tenant || Object.values(each.tenants ?? {}).includes(tenant)),
  )

export function declarationOf(id: string, stream: string) {
  const provider = findProvider(id)
  const [name = ''] = stream.split('?', 1)
  if (!provider?.polls || !Object.hasOwn(provider.polls, name)) return undefined
  return streamOf(provider, stream).declaration
}

/** Webhooks bring what has the same keys. */
const isShared = (provider: string, stream: string): boolean =>
  declarationOf(provider, stream)?.event.keys === 'shared'

function sourceOf({ provider: id, stream }: Poll) {
  const provider = findProvider(id)
  const declaration = declarationOf(id, stream)
  if (!provider || !declaration) return undefined
  return { ...listingOf(provider, stream), interval: declaration.interval }
}

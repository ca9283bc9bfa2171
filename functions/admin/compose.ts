import { sqsProbe } from '#lib/admin/queue-probe.sqs.ts'
import { dynamoUsedLinks } from '#lib/admin/used-links.dynamo.ts'
import { cloudwatchClient } from '#lib/aws/cloudwatch.ts'
import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { kmsClient } from '#lib/aws/kms.ts'
import { s3 } from '#lib/aws/s3.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { optional, required } from '#lib/config/env.ts'
import { env, prefixes } from '#lib/config/names.ts'
import { dynamoHistory } from '#lib/idempotency/history.dynamo.ts'
import { sqsBackfillJobs } from '#lib/polling/backfill-jobs.sqs.ts'
import { dynamoBackfills } from '#lib/polling/backfills.dynamo.ts'
import { dynamoSubscriptionsShown } from '#lib/polling/keeper-of.dynamo.ts'
import { dynamoPollReader } from '#lib/polling/poll-reader.dynamo.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import { providers } from '#lib/providers/catalog.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { kmsKeyMaker } from '#lib/vault/key-maker.kms.ts'
import { dynamoKeyTasks } from '#lib/vault/key-tasks.dynamo.ts'
import { sealer } from '#lib/vault/sealer.ts'
import { notingVault } from '#lib/vault/changed-connections.ts'
import { dynamoChangedNotes } from '#lib/vault/changed-notes.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoTenantShare } from '#lib/vault/wrapped-keys.dynamo.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { cloudwatchReader } from '#lib/telemetry/metric-reader.cloudwatch.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import { composeAccess } from '../common/compose-access.ts'
import { composeControl } from './compose-control.ts'
import { composeReplaying } from './compose-replaying.ts'
import { composeDiagnosis } from './compose-diagnosis.ts'
import { composeIssuer } from './compose-issuer.ts'
import type { AdminDeps } from './deps.ts'

/** An id that no event can have: reading it asks the ledger and finds nothing. */
const nobody = 'health'

/** Everything the admin function needs, from its environment and the directory beside its code. */
export function compose(): AdminDeps {
  const clock = systemClock
  const log = jsonLog(writeLine, () => iso(clock.now()))
  const dynamodb = dynamodbClient({ maxAttempts: 3 })
  const sqs = sqsClient({ maxAttempts: 3 })
  const history = dynamoHistory({ client: dynamodb, table: required(env.ledgerTable), clock })
  const connections = { client: dynamodb, table: required(env.connectionsTable) }
  const objects = s3Objects({ open: () => s3({ maxAttempts: 3 }), bucket: required(env.bucket) })
  const access = composeAccess({ clock, log })
  return {
    clock,
    random: systemRandom,
    log,
    history,
    objects,
    bulk: sqsBuffer({ client: sqs, queueUrl: required(env.bulkQueueUrl) }),
    usedLinks: dynamoUsedLinks({ client: dynamodb, table: required(env.controlTable) }),
    ...composeControl({ client: dynamodb, table: required(env.controlTable), clock }),
    ...access,
    issuer: composeIssuer(access.people?.config, { clock, log }),
    probes: {
      queue: sqsProbe(sqs, required(env.eventsQueueUrl)),
      ledger: (signal) => history.get(nobody, signal),
      bucket: (signal) => objects.list(prefixes.spill, 1, signal),
    },
    diagnosis: composeDiagnosis(),
    providers,
    endpoints: fileDirectory(new URL('directory.json', import.meta.url)).endpoints,
    vault: notingVault(
      dynamoVault({ ...connections, clock }),
      dynamoChangedNotes({ ...connections, clock }),
      log,
    ),
    seal: composeSealer(connections),
    connections: dynamoConnectionList(connections),
    ...composePolls(connections, sqs),
    missed: dynamoMissedLedger({ client: dynamodb, table: required(env.controlTable) }),
    replaying: composeReplaying({ dynamodb, sqs, clock }),
    metricReader: cloudwatchReader({
      client: cloudwatchClient({ maxAttempts: 2, requestTimeoutMs: 8_000 }),
      stage: required(env.stage),
    }),
    keyTasks: dynamoKeyTasks({ ...connections, clock }),
    connectStore: dynamoConnectStore({ client: dynamodb, table: required(env.controlTable) }),
    connectGrantOf,
    returnTo: optional(env.returnTo)?.split(' ') ?? [],
    stage: required(env.stage),
    publicUrl: optional(env.publicUrl)?.replace(/\/+$/, ''),
  }
}

type Connections = Parameters<typeof dynamoConnectionList>[0]

/** Keeps what tenants hand over, and opens nothing. */
const composeSealer = (connections: Connections): AdminDeps['seal'] =>
  sealer({
    maker: kmsKeyMaker({ client: kmsClient({ maxAttempts: 3 }), keyId: required(env.vaultKey) }),
    share: dynamoTenantShare(connections),
    random: systemRandom,
  })

/** What is read by itself, and the queues of its jobs. */
const composePolls = (
  connections: Connections,
  client: ReturnType<typeof sqsClient>,
): Pick<AdminDeps, 'polls' | 'pollJobs' | 'backfills' | 'backfillJobs' | 'subscriptions'> => ({
  polls: dynamoPollReader(connections),
  pollJobs: sqsPollJobs({ client, queueUrl: required(env.pollQueueUrl) }),
  backfills: dynamoBackfills(connections),
  subscriptions: dynamoSubscriptionsShown(connections),
  backfillJobs: sqsBackfillJobs({ client, queueUrl: required(env.backfillQueueUrl) }),
})

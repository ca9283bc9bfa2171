import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { kmsClient } from '#lib/aws/kms.ts'
import { s3 } from '#lib/aws/s3.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { accessTokens } from '#lib/oauth/access-token.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { discoverer } from '#lib/oauth/discovery.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { announcer } from './announce.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import type { RefreshDueDeps } from '#lib/oauth/refresh-due.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { emfMetrics } from '#lib/telemetry/metrics.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { keyCare } from '#lib/vault/key-care.ts'
import { kmsKeyRewrap } from '#lib/vault/key-rewrap.kms.ts'
import { dynamoKeyTasks } from '#lib/vault/key-tasks.dynamo.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { objectEscrow } from '#lib/vault/escrow.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'

/** Everything that refreshing ahead of traffic needs, from the environment. */
export function compose(): RefreshDueDeps {
  const clock = systemClock
  const log = jsonLog(writeLine, () => iso(clock.now()))
  const client = dynamodbClient({ maxAttempts: 3 })
  const table = required(env.connectionsTable)
  const key = { client: kmsClient({ maxAttempts: 3 }), keyId: required(env.vaultKey) }
  const store = dynamoWrappedKeys({ client, table })
  const keys = dataKeys({ wrap: kmsKeyWrap(key), store, clock })
  const { fetch } = globalThis
  const clients = secretsManagerClients({
    client: secretsManagerClient({ maxAttempts: 3 }),
    stage: required(env.stage),
    authOf: connectGrantOf,
    fromEnvironment: optional,
    clock,
    locate: discoverer({ fetch, clock, log }),
  })
  const deps: RefreshDeps = {
    clock,
    random: systemRandom,
    log,
    metrics: emfMetrics(writeLine, () => clock.now()),
    fetch,
    clients,
    keys,
    vault: dynamoVault({ client, table, clock, keys }),
    escrow: objectEscrow(s3Objects({ open: () => s3({ maxAttempts: 2 }), bucket: required(env.bucket) })),
    guard: outageGuard(clock),
    announce: announcer(
      sqsBuffer({ client: sqsClient({ maxAttempts: 3 }), queueUrl: required(env.eventsQueueUrl) }),
      clock,
    ),
    revoke: revoker({ clients, fetch, clock, random: systemRandom, log }),
  }
  return {
    ...deps,
    ...dynamoDueConnections({ client, table }),
    tokens: accessTokens(deps),
    careForKeys: keyCare({
      connections: dynamoConnectionList({ client, table }),
      vault: deps.vault,
      tasks: dynamoKeyTasks({ client, table, clock }),
      wrap: kmsKeyRewrap(key),
      store,
      shred: dynamoShred({ client, table }),
      clock,
      log,
    }),
  }
}

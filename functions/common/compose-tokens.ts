import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { kmsClient } from '#lib/aws/kms.ts'
import { s3 } from '#lib/aws/s3.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { discoverer } from '#lib/oauth/discovery.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { objectEscrow } from '#lib/vault/escrow.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { announcer } from './announce.ts'
import { composeMetrics, type Counted } from './compose-metrics.ts'

/** What whoever uses tokens of connections needs to open and to refresh them, from the environment. */
export function composeTokens(): RefreshDeps & Counted {
  const clock = systemClock
  const random = systemRandom
  const log = jsonLog(writeLine, () => iso(clock.now()))
  const connections = { client: dynamodbClient({ maxAttempts: 3 }), table: required(env.connectionsTable) }
  const keys = dataKeys({
    wrap: kmsKeyWrap({ client: kmsClient({ maxAttempts: 3 }), keyId: required(env.vaultKey) }),
    store: dynamoWrappedKeys(connections),
    clock,
  })
  const { fetch } = globalThis
  const clients = secretsManagerClients({
    client: secretsManagerClient({ maxAttempts: 3 }),
    stage: required(env.stage),
    authOf: connectGrantOf,
    fromEnvironment: optional,
    clock,
    locate: discoverer({ fetch, clock, log }),
  })
  return {
    clock,
    random,
    log,
    metrics: composeMetrics(),
    fetch,
    clients,
    keys,
    vault: dynamoVault({ ...connections, clock, keys }),
    escrow: objectEscrow(s3Objects({ open: () => s3({ maxAttempts: 2 }), bucket: required(env.bucket) })),
    guard: outageGuard(clock),
    announce: announcer(
      sqsBuffer({ client: sqsClient({ maxAttempts: 3 }), queueUrl: required(env.eventsQueueUrl) }),
      clock,
    ),
    revoke: revoker({ clients, fetch, clock, random, log }),
  }
}

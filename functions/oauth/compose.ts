import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { kmsClient } from '#lib/aws/kms.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { discoverer } from '#lib/oauth/discovery.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { notingVault } from '#lib/vault/changed-connections.ts'
import { dynamoChangedNotes } from '#lib/vault/changed-notes.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { composeMetrics, type Counted } from '../common/compose-metrics.ts'
import type { OAuthAppDeps } from './app.ts'

/** Everything that connecting needs, from the environment. */
export function compose(): OAuthAppDeps & Counted {
  const clock = systemClock
  const log = jsonLog(writeLine, () => iso(clock.now()))
  const client = dynamodbClient({ maxAttempts: 3 })
  const table = required(env.connectionsTable)
  const keys = dataKeys({
    wrap: kmsKeyWrap({ client: kmsClient({ maxAttempts: 3 }), keyId: required(env.vaultKey) }),
    store: dynamoWrappedKeys({ client, table }),
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
  const address = required(env.publicUrl).replace(/\/+$/, '')
  return {
    clock,
    random: systemRandom,
    log,
    metrics: composeMetrics(),
    fetch,
    clients,
    keys,
    vault: notingVault(
      dynamoVault({ client, table, clock, keys }),
      dynamoChangedNotes({ client, table, clock }),
      log,
    ),
    store: dynamoConnectStore({ client, table: required(env.controlTable) }),
    revoke: revoker({ clients, fetch, clock, random: systemRandom, log }),
    redirectUri: (provider) => `${address}/oauth/${provider}/callback`,
    returnTo: optional(env.returnTo)?.split(' ') ?? [],
    isKnown: (provider) => connectGrantOf(provider) !== undefined,
  }
}

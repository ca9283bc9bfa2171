import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { kmsClient } from '#lib/aws/kms.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { accessTokens } from '#lib/oauth/access-token.ts'
import type { RefreshDueDeps } from '#lib/oauth/refresh-due.ts'
import { endSubscriptions } from '#lib/polling/keeper-end.ts'
import { dynamoSubscriptionsOf } from '#lib/polling/keeper-of.dynamo.ts'
import { lastClient } from '#lib/polling/last-client.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { keyCare } from '#lib/vault/key-care.ts'
import { kmsKeyRewrap } from '#lib/vault/key-rewrap.kms.ts'
import { dynamoKeyTasks } from '#lib/vault/key-tasks.dynamo.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import type { Counted } from '../common/compose-metrics.ts'
import { composeRounds } from '../common/compose-rounds.ts'
import { composeTokens } from '../common/compose-tokens.ts'
import type { RoundDeps } from '../common/with-round.ts'

/** Everything that refreshing ahead of traffic, and the care for keys, need, from the environment. */
export function compose(): RefreshDueDeps & Counted & RoundDeps {
  const deps = composeTokens()
  const { clock, log, vault } = deps
  const connections = { client: dynamodbClient({ maxAttempts: 3 }), table: required(env.connectionsTable) }
  return {
    ...deps,
    rounds: composeRounds(),
    ...dynamoDueConnections(connections),
    tokens: accessTokens(deps),
    endSubscriptions: (connection, tokens) => {
      const { id, provider } = connection
      const api = findProvider(provider)?.api
      const clientOf = () =>
        api && tokens && lastClient(provider, api, tokens, { ...deps, fromEnvironment: optional })
      return endSubscriptions(id, clientOf, {
        subscriptions: dynamoSubscriptionsOf(connections),
        keeperOf: (of, name) => findProvider(of)?.keeper?.[name],
        log,
      })
    },
    careForKeys: keyCare({
      connections: dynamoConnectionList(connections),
      vault,
      tasks: dynamoKeyTasks({ ...connections, clock }),
      wrap: kmsKeyRewrap({ client: kmsClient({ maxAttempts: 3 }), keyId: required(env.vaultKey) }),
      store: dynamoWrappedKeys(connections),
      shred: dynamoShred(connections),
      clock,
      log,
    }),
  }
}

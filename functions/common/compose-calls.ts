import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { outbound } from '#lib/config/defaults.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { accessTokens } from '#lib/oauth/access-token.ts'
import { connectionCredentials } from '#lib/oauth/credentials.ts'
import { keyFormsOf } from '#lib/oauth/grant-of.ts'
import { rejectKey } from '#lib/oauth/key-life.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import { rejectToken } from '#lib/oauth/reject-token.ts'
import { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { breakerMetrics, callMetrics } from '#lib/outbound/call-metrics.ts'
import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import { sluice, type Sluice } from '#lib/outbound/sluice.ts'
import { httpsTransport } from '#lib/outbound/transport.https.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import type { ConnectionList, ConnectionReader } from '#lib/vault/connection-list.ts'
import type { Counted } from './compose-metrics.ts'
import { composeTokens } from './compose-tokens.ts'

export interface Calls extends Pick<RefreshDeps, 'clock' | 'log'>, Counted {
  readonly sluice: Sluice
  readonly connections: ConnectionList & ConnectionReader
}

/** Calls by connections, from the environment. */
export function composeCalls(): Calls {
  const tokens = composeTokens()
  const { clock, random, keys, log, metrics } = tokens
  const client = dynamodbClient({ maxAttempts: 3 })
  // Limits and breakers do without their table rather than wait for it.
  const control = {
    client: dynamodbClient({ maxAttempts: 1 }),
    table: required(env.controlTable),
    clock,
    random,
  }
  const connections = dynamoConnectionList({ client, table: required(env.connectionsTable) })
  const calls = sluice({
    clock,
    random,
    send: httpsTransport(),
    limiter: dynamoLimiter(control),
    breaker: dynamoBreaker({ ...control, changed: breakerMetrics(metrics) }),
    tell: callMetrics(metrics),
    budget: retryBudget({ ...outbound.budget, clock }),
    apiOf: (provider) => findProvider(provider)?.api,
    fromEnvironment: optional,
    connections,
    credentials: connectionCredentials({
      keys,
      clock,
      tokens: accessTokens(tokens),
      formsOf: keyFormsOf,
    }),
    locked: async (tenant, id, refused) => {
      if (refused.kind === 'key') await rejectKey({ tenant, id, version: refused.version }, tokens)
      else await rejectToken({ tenant, id }, refused.accessToken, tokens)
    },
  })
  return { clock, log, metrics, sluice: calls, connections }
}

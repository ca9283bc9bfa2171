import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { fileKeeperConfig } from '#lib/polling/keeper-config.file.ts'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import { sqsKeeperJobs } from '#lib/polling/keeper-jobs.sqs.ts'
import { reconcileSubscriptions } from '#lib/polling/keeper-reconcile.ts'
import { tickKeeper } from '#lib/polling/keeper-tick.ts'
import { wantedSubscriptions } from '#lib/polling/keeper-wanted.ts'
import type { KeeperDeps } from '#lib/polling/keeper.ts'
import { receiverOf } from '#lib/polling/receiver.ts'
import type { Connected } from '#lib/polling/reconcile.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { directoryOf, type Endpoint } from '#lib/webhooks/directory.ts'
import type { LiveSecrets, SigningSecrets } from '#lib/webhooks/secrets.ts'
import { secretsManagerSecrets } from '#lib/webhooks/secrets.secretsmanager.ts'
import { announcer } from '../common/announce.ts'
import type { Calls } from '../common/compose-calls.ts'

type EndpointOf = (tenant: string, provider: string) => Endpoint | undefined

/** What looks after subscriptions, from the environment and what was compiled from the config. */
export function composeKeeper(calls: Calls, endpointOf: EndpointOf) {
  const { clock, log } = calls
  const sqs = sqsClient({ maxAttempts: 3 })
  const wanted = wantedSubscriptions(
    fileKeeperConfig(new URL('subscriptions.json', import.meta.url)),
    findProvider,
  )
  const subscriptions = dynamoSubscriptions({
    client: dynamodbClient({ maxAttempts: 3 }),
    table: required(env.connectionsTable),
  })
  const keeperJobs = sqsKeeperJobs({ client: sqs, queueUrl: required(env.pollQueueUrl) })
  const tell = announcer(sqsBuffer({ client: sqs, queueUrl: required(env.eventsQueueUrl) }), clock)
  const keeper: KeeperDeps = {
    subscriptions,
    clock,
    random: systemRandom,
    log,
    metrics: calls.metrics,
    clientOf: ({ tenant, provider, connection }) => ({
      provider,
      api: findProvider(provider)?.api,
      fetch: calls.sluice.fetch(tenant, { provider, id: connection }, { priority: 'poll' }),
      clock,
      random: systemRandom,
    }),
    receiverOf: receiverOf({
      endpointOf,
      secretsOf: channelSecrets(calls),
      publicUrl: required(env.publicUrl),
    }),
    announce: ({ subscription: { tenant, provider, connection: id, subscription, disabledAt }, reason }) =>
      tell({
        type: 'subscription.disabled',
        key: `${id}|${subscription}|${disabledAt}`,
        connection: { id, tenant, provider },
        facts: { subscription, reason },
      }),
  }
  return {
    keeper,
    wanted,
    subscribe: (connections: readonly Connected[]) =>
      reconcileSubscriptions(connections, { subscriptions, wantedOf: wanted.of, log }),
    tickKeeper: () => tickKeeper(clock.now(), { subscriptions, keeperJobs }),
  }
}

/** The signing secrets of an endpoint, first asked for when a channel is made: most starts make none. */
function channelSecrets({ clock, log }: Calls) {
  const known = new Map<string, SigningSecrets>()
  return async (endpoint: Endpoint) => {
    const secrets =
      known.get(endpoint.id) ??
      secretsManagerSecrets({
        client: secretsManagerClient({ maxAttempts: 3 }),
        stage: required(env.stage),
        directory: directoryOf([endpoint]),
        fromEnvironment: optional,
        clock,
        random: systemRandom,
        log,
      })
    known.set(endpoint.id, secrets)
    const live: LiveSecrets = await secrets.of(endpoint)
    return live.kind === 'loaded' ? live.secrets : undefined
  }
}

import { ApiError } from '../errors/api-error.ts'
import { describeError } from '../errors/sluice-error.ts'
import { askText } from '../outbound/api-client.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { ChannelDeclaration, KeeperDeclaration } from '../providers/keeper.ts'
import type { Log } from '../telemetry/log.ts'
import { stopRequest } from './keeper-channel.ts'
import type { Subscription, SubscriptionId } from './keeper.ts'

/** Subscriptions of one connection. @throws SluiceError `VAULT_UNAVAILABLE`, `RECORD_CORRUPT` */
export interface SubscriptionsOf {
  of(connection: string): Promise<readonly Subscription[]>
  remove(id: SubscriptionId): Promise<void>
}

export interface EndSubscriptionsDeps {
  readonly subscriptions: SubscriptionsOf
  /** What a provider's keeper of that name is; `undefined` where there is none any more. */
  readonly keeperOf: (provider: string, name: string) => KeeperDeclaration | undefined
  readonly log: Log
}

/**
 * Stops the channels of a connection that was disconnected, while its tokens still let calls in, and forgets its subscriptions.
 * What the provider does not hear ends by itself, within a week; a watch ends with its grant.
 * @param clientOf calls the provider by the connection's last token; none: there is no token that could be used. It is asked for
 *   where there is something to stop, and may throw.
 * @throws SluiceError `VAULT_UNAVAILABLE`: then nothing is known to have been forgotten, and it is done again.
 */
export async function endSubscriptions(
  connection: string,
  clientOf: () => RetryingClient | undefined,
  { subscriptions, keeperOf, log }: EndSubscriptionsDeps,
): Promise<void> {
  for (const each of await subscriptions.of(connection)) {
    const declaration = keeperOf(each.provider, each.subscription.split('?', 1)[0] ?? '')
    if (declaration?.kind === 'channel') await stopChannels(each, declaration, clientOf, log)
    await subscriptions.remove(each)
  }
}

async function stopChannels(
  { channels, tenant, provider, connection, subscription: type }: Subscription,
  { stop }: ChannelDeclaration,
  clientOf: () => RetryingClient | undefined,
  log: Log,
): Promise<void> {
  const known = channels.find(({ resource }) => resource !== undefined)?.resource
  for (const { id, resource = known } of channels) {
    if (resource === undefined) continue
    try {
      const client = clientOf()
      if (client) await askText(client, stop.path, stopRequest(id, resource))
    } catch (error) {
      // It is gone already.
      if (error instanceof ApiError && error.kind === 'missing') continue
      log('warn', 'a channel of a connection that was disconnected could not be stopped', {
        tenant,
        provider,
        connection,
        type,
        error: describeError(error),
      })
    }
  }
}

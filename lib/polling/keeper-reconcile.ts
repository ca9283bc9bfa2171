import { epochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Subscription, Subscriptions } from './keeper.ts'
import type { WantedSubscription } from './keeper-wanted.ts'
import type { Connected } from './reconcile.ts'

export interface KeeperReconcileDeps {
  readonly subscriptions: Pick<Subscriptions, 'find' | 'create'>
  readonly wantedOf: (tenant: string, provider: string) => readonly WantedSubscription[]
  readonly log: Log
}

/**
 * Makes the subscriptions that connections lack; the keeper does the rest. What stands and is wanted no more goes when its time
 * comes, and what a disconnected account had is ended by whoever gives its tokens back.
 * @param connections so many that their subscriptions are a hundred at most
 */
export async function reconcileSubscriptions(
  connections: readonly Connected[],
  { subscriptions, wantedOf, log }: KeeperReconcileDeps,
): Promise<void> {
  const wanted = connections
    .filter(({ state }) => state === 'active')
    .flatMap((connection) =>
      wantedOf(connection.tenant, connection.provider).map((each) => newSubscription(connection, each)),
    )
  const found = await subscriptions.find(wanted)
  const standing = new Set(found.map(nameOf))
  for (const each of wanted) {
    if (standing.has(nameOf(each))) continue
    const outcome = await subscriptions.create(each)
    const { tenant, provider, connection, subscription: type } = each
    if (outcome === 'created')
      log('info', 'a subscription is looked after from now on', { tenant, provider, connection, type })
  }
}

const nameOf = ({ connection, subscription }: Subscription): string => `${connection}#${subscription}`

/** Due at once. */
const newSubscription = (
  { id, tenant, provider }: Connected,
  { subscription, params }: WantedSubscription,
): Subscription => ({
  connection: id,
  subscription,
  tenant,
  provider,
  params,
  channels: [],
  redeliveries: [],
  failures: 0,
  nextAt: epochMs(0),
  version: 0,
  leaseUntil: epochMs(0),
})

import { describeError } from '../errors/sluice-error.ts'
import { epochMs, later, minutes, type EpochMs } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import type { KeeperDeclaration } from '../providers/keeper.ts'
import { retryAt, setbackOf } from './failure.ts'
import { keepChannel } from './keeper-channel.ts'
import { keepDeliveries } from './keeper-deliveries.ts'
import { lookAtEndpoint } from './keeper-endpoint.ts'
import { keepWatch } from './keeper-watch.ts'
import {
  LeaseLost,
  type Kept,
  type KeeperDeps,
  type Subscription,
  type SubscriptionChange,
  type SubscriptionId,
} from './keeper.ts'

/** Longer than all calls of one run take. */
const leaseMs = minutes(5)

export type KeeperOutcome =
  | { readonly kind: 'kept'; readonly nextAt: EpochMs }
  | { readonly kind: 'not_due' | 'busy' | 'lost' | 'unknown' }
  /** The config wants it no more: it is forgotten, and what the provider has of it ends by itself. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'set_back'; readonly failure: string; readonly until: EpochMs }

/**
 * Does for one subscription what is due: renews, has deliveries sent again, or looks whether it was switched off. It may die at
 * any point: what it is about to do is written down before, and the next run finds out whether it was done.
 * @throws SluiceError `VAULT_UNAVAILABLE`
 */
export async function keep(
  id: SubscriptionId,
  declarationOf: (subscription: Subscription) => KeeperDeclaration | undefined,
  deps: KeeperDeps,
): Promise<KeeperOutcome> {
  const { subscriptions, clock, random } = deps
  const found = await subscriptions.get(id)
  if (!found) return { kind: 'unknown' }
  const declaration = declarationOf(found)
  if (!declaration) {
    await subscriptions.remove(id)
    return { kind: 'dropped' }
  }
  const now = clock.now()
  if (found.nextAt > now) return { kind: 'not_due' }
  if (found.leaseUntil > now) return { kind: 'busy' }
  const by = token128(random)
  const leased = { ...found, leaseUntil: later(now, leaseMs) }
  if ((await subscriptions.save(leased, by)) === 'lost') return { kind: 'busy' }
  let kept = keptOf({ ...leased, version: leased.version + 1 }, by, deps, (latest) => (kept = latest))
  try {
    const nextAt = await work(kept, declaration, deps)
    await kept.save({ nextAt, failures: 0, leaseUntil: epochMs(0) })
    return { kind: 'kept', nextAt }
  } catch (error) {
    if (error instanceof LeaseLost) return { kind: 'lost' }
    return setBack(kept, error, deps)
  }
}

function work(kept: Kept, declaration: KeeperDeclaration, deps: KeeperDeps): Promise<EpochMs> {
  switch (declaration.kind) {
    case 'channel':
      return keepChannel(kept, declaration, deps)
    case 'watch':
      return keepWatch(kept, declaration, deps)
    case 'deliveries':
      return keepDeliveries(kept, declaration, deps)
    case 'endpoint':
      return lookAtEndpoint(kept, declaration, deps)
  }
}

function keptOf(
  subscription: Subscription,
  by: string,
  deps: KeeperDeps,
  latest: (kept: Kept) => void,
): Kept {
  return {
    subscription,
    async save(change) {
      const next = without({ ...subscription, ...change })
      if ((await deps.subscriptions.save(next, by)) === 'lost') throw new LeaseLost('another has written')
      const kept = keptOf({ ...next, version: next.version + 1 }, by, deps, latest)
      latest(kept)
      return kept
    },
  }
}

/** JSON has no place for what is `undefined`. */
const without = (all: SubscriptionChange): Subscription =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never

async function setBack(kept: Kept, error: unknown, deps: KeeperDeps): Promise<KeeperOutcome> {
  const { tenant, provider, connection, subscription, failures } = kept.subscription
  const setback = setbackOf(error)
  const failure = setback.kind === 'failed' ? setback.failure : describeError(error)
  const until = retryAt(deps.clock.now(), failures + 1, setback)
  deps.metrics.count('SubscriptionSetback', { provider, reason: setback.kind })
  deps.log('warn', 'a subscription could not be looked after; it is tried again', {
    tenant,
    provider,
    connection,
    type: subscription,
    error: failure,
  })
  try {
    await kept.save({ failures: failures + 1, nextAt: until, leaseUntil: epochMs(0) })
  } catch (lost) {
    if (lost instanceof LeaseLost) return { kind: 'lost' }
    throw lost
  }
  return { kind: 'set_back', failure, until }
}

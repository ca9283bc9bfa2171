import { ApiError } from '../errors/api-error.ts'
import { askText, jsonOf } from '../outbound/api-client.ts'
import { later, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { EndpointDeclaration } from '../providers/keeper.ts'
import { filled } from './declared.ts'
import type { Kept, KeeperDeps } from './keeper.ts'

/**
 * Looks whether the provider has switched an endpoint off, or has it no more, and tells it once. Switching it on again is for
 * people: the provider had a reason.
 * @returns when to look again.
 */
export async function lookAtEndpoint(
  kept: Kept,
  declaration: EndpointDeclaration,
  deps: KeeperDeps,
): Promise<EpochMs> {
  const { clock, metrics, announce, log } = deps
  const { subscription } = kept
  const nextAt = later(clock.now(), declaration.everyMs)
  const reason = await reasonOf(kept, declaration, deps)
  if (reason === undefined) {
    if (subscription.disabledAt !== undefined) await kept.save({ disabledAt: undefined, told: undefined })
    return nextAt
  }
  const { tenant, provider, connection } = subscription
  metrics.count('SubscriptionDisabled', { provider })
  if (subscription.told) return nextAt
  // Noted first, so that news that are told again after a crash are the same.
  const noted = subscription.disabledAt === undefined ? await kept.save({ disabledAt: clock.now() }) : kept
  log('error', 'a provider sends nothing to an endpoint any more', {
    tenant,
    provider,
    connection,
    type: subscription.subscription,
    reason,
  })
  await announce({ subscription: noted.subscription, reason })
  await noted.save({ told: true })
  return nextAt
}

/** Why nothing is sent; `undefined` where it is. */
async function reasonOf(
  { subscription }: Kept,
  { path, off, reason }: EndpointDeclaration,
  { clientOf }: KeeperDeps,
): Promise<string | undefined> {
  try {
    const { text } = await askText(clientOf(subscription), filled(path, subscription.params, true))
    const body = jsonOf(text)
    if (readPointer(body, off.pointer) !== off.equals) return undefined
    const said = reason === undefined ? undefined : readPointer(body, reason)
    return typeof said === 'string' && said !== '' ? said.slice(0, 128) : 'disabled'
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'missing') return 'deleted'
    throw error
  }
}

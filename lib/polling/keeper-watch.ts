import { SluiceError } from '../errors/sluice-error.ts'
import { askText, jsonOf } from '../outbound/api-client.ts'
import { epochMs, later, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { WatchDeclaration } from '../providers/keeper.ts'
import { filled } from './declared.ts'
import type { Kept, KeeperDeps } from './keeper.ts'

/**
 * Asks for a watch again, long before it ends: the old one holds until the new one does, and there is never more than one.
 * @returns when to ask the next time.
 */
export async function keepWatch(
  kept: Kept,
  { path, body, expiration, everyMs }: WatchDeclaration,
  { clientOf, clock, metrics }: KeeperDeps,
): Promise<EpochMs> {
  const { subscription } = kept
  const { params, provider } = subscription
  const document = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, filled(value, params)]),
  )
  const { text } = await askText(clientOf(subscription), filled(path, params, true), {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(document),
  })
  const until = Number(readPointer(jsonOf(text), expiration))
  if (!Number.isSafeInteger(until) || until <= clock.now())
    throw new SluiceError('ANSWER_REFUSED', 'the end of a watch is none')
  metrics.count('SubscriptionRenewed', { provider })
  await kept.save({ watchedUntil: epochMs(until) })
  const half = clock.now() + (until - clock.now()) / 2
  return epochMs(Math.min(later(clock.now(), everyMs), half))
}

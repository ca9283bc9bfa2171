import { listDeliveries, redeliver, undelivered, type Delivery } from '../outbound/operations/github.ts'
import { epochMs, later, minutes, type EpochMs } from '../primitives/clock.ts'
import type { DeliveriesDeclaration } from '../providers/keeper.ts'
import type { Kept, KeeperDeps, Redelivery } from './keeper.ts'

/** What is younger may still be on its way; a redelivery too, as GitHub answers before it does it. */
const graceMs = minutes(2)
/** Deliveries that one look has sent again. */
const most = 50
/** Redeliveries that are remembered. */
const remembered = 2_000

/**
 * Has each delivery that never arrived sent again, once. That it is asked for is written down before; after a crash the list of
 * attempts tells whether it was done.
 * @returns when to look again.
 */
export async function keepDeliveries(
  from: Kept,
  { everyMs, keptMs }: DeliveriesDeclaration,
  deps: KeeperDeps,
): Promise<EpochMs> {
  const { clock, clientOf, metrics } = deps
  const { params, lookedAt, provider } = from.subscription
  const now = clock.now()
  const client = clientOf(from.subscription)
  const hook = { owner: params['owner'] ?? '', repo: params['repo'] ?? '', hookId: Number(params['hook']) }
  const oldest = epochMs(Math.max(lookedAt ?? 0, now - keptMs))
  const open = from.subscription.redeliveries.filter(({ done }) => !done)
  const since = Math.min(oldest, ...open.map(({ askedAt }) => askedAt)) - graceMs
  const attempts = await attemptsSince(listDeliveries(client, hook), since)
  let kept = await from.save({
    redeliveries: settled(from.subscription.redeliveries, attempts, epochMs(now - keptMs - graceMs)),
  })
  const known = new Map(kept.subscription.redeliveries.map((each) => [each.guid, each]))
  const failed = undelivered(attempts).filter(
    ({ guid, delivered_at }) => Date.parse(delivered_at) <= now - graceMs && known.get(guid)?.done !== true,
  )
  // The oldest first, so that what is left is newer than what was looked at.
  const due = failed.toSorted((a, b) => Date.parse(a.delivered_at) - Date.parse(b.delivered_at))
  for (const { guid, id } of due.slice(0, most)) {
    const asked: Redelivery = { guid, askedAt: clock.now(), done: false }
    kept = await kept.save({ redeliveries: withRedelivery(kept, asked) })
    await redeliver(client, { ...hook, deliveryId: id })
    kept = await kept.save({ redeliveries: withRedelivery(kept, { ...asked, done: true }) })
    metrics.count('WebhookRedelivered', { provider })
  }
  const isAll = due.length <= most
  await kept.save({
    lookedAt: isAll ? epochMs(now - graceMs) : epochMs(Date.parse(due[most]?.delivered_at ?? '')),
  })
  return isAll ? later(now, everyMs) : now
}

async function attemptsSince(list: AsyncIterable<Delivery>, since: number): Promise<readonly Delivery[]> {
  const found: Delivery[] = []
  for await (const attempt of list) {
    if (Date.parse(attempt.delivered_at) < since) break
    found.push(attempt)
  }
  return found
}

/** Those that were asked for and have happened are done; those that the provider has forgotten are too. */
function settled(
  redeliveries: readonly Redelivery[],
  attempts: readonly Delivery[],
  oldest: EpochMs,
): readonly Redelivery[] {
  const happened = (each: Redelivery): boolean =>
    attempts.some(
      ({ guid, redelivery, delivered_at }) =>
        redelivery && guid === each.guid && Date.parse(delivered_at) >= each.askedAt - 1_000,
    )
  return redeliveries
    .filter(({ askedAt }) => askedAt > oldest)
    .map((each) => (each.done || !happened(each) ? each : { ...each, done: true }))
    .slice(-remembered)
}

const withRedelivery = ({ subscription }: Kept, redelivery: Redelivery): readonly Redelivery[] => [
  ...subscription.redeliveries.filter(({ guid }) => guid !== redelivery.guid),
  redelivery,
]

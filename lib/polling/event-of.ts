import { eventId } from '../buffer/envelope.ts'
import type { Unplaced } from '../buffer/enqueue.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { Poll } from './poll-state.ts'
import type { PolledItem } from './listing.ts'

/** A found item as an event: with the id that the webhook, or the bus, gives to the same fact. */
export function eventOf(
  item: PolledItem,
  {
    tenant,
    provider,
    endpoint,
    connection,
    stream,
  }: Pick<Poll, 'tenant' | 'provider' | 'endpoint' | 'connection' | 'stream'>,
  { receivedAt, hasWebhooks }: { readonly receivedAt: EpochMs; readonly hasWebhooks: boolean },
): Unplaced {
  const { bytes, deliveryKey, changeKey, type, occurredAt, account, version } = item
  return {
    v: 1,
    id: eventId(tenant, endpoint, changeKey ?? deliveryKey),
    tenant,
    provider,
    endpoint,
    via: 'poll',
    deliveryKey,
    ...(changeKey !== undefined && { changeKey }),
    ...(account !== undefined && { account }),
    type,
    receivedAt,
    ...(occurredAt !== undefined && { occurredAt }),
    ...(version !== undefined && { version }),
    contentType: 'application/json',
    headers: {},
    // Where a webhook should bring it too, whether one does is counted.
    ...(hasWebhooks && { poll: { connection, stream } }),
    body: bytes,
  }
}

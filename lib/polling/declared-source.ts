import { eventId, type Envelope } from '../buffer/envelope.ts'
import type { PagePlace } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { PollDeclaration } from '../providers/polls.ts'
import type { Provider } from '../providers/provider.ts'
import { streamOf } from './declared.ts'
import type { ListedPage, PolledItem } from './listing.ts'
import { listingOf } from './listing-of.ts'
import type { ProviderTime } from './times.ts'

/** Whose events a poll finds: the tenant of its connection, and the endpoint that brings the same by webhook. */
export interface Finder {
  readonly tenant: string
  readonly endpoint: string
}

/** An item as an event: everything of its envelope but when it came and where its bytes are. */
export type FoundEvent = Omit<Envelope, 'receivedAt' | 'body'> & { readonly body: Uint8Array }

export interface FoundPage extends Pick<ListedPage, 'largest' | 'place' | 'cursor' | 'gap'> {
  readonly envelopes: readonly FoundEvent[]
}

/** A stream as a run reads it. The watermark moves by `largest` alone, at the end of an enumeration. */
export interface DeclaredSource {
  readonly order: 'none'
  readonly interval: PollDeclaration['interval']
  /** Which of the API's bases the client must be of. */
  readonly base: string | undefined
  read(
    from: {
      readonly watermark?: ProviderTime
      readonly cursor?: unknown
      readonly place?: PagePlace
    },
    client: RetryingClient,
  ): AsyncIterable<FoundPage>
}

/**
 * What reads a stream of a connection and makes envelopes of its items.
 * @throws SluiceError `MISCONFIGURED` as {@link listingOf} does.
 */
export function declaredSource(
  provider: Pick<Provider, 'id' | 'polls'>,
  stream: string,
  finder: Finder,
): DeclaredSource {
  const listing = listingOf(provider, stream)
  const { interval, list } = streamOf(provider, stream).declaration
  return {
    order: 'none',
    interval,
    base: list.base,
    async *read({ watermark, ...from }, client) {
      const begin = { ...from, ...(watermark && { watermark: watermark.text }) }
      const now: EpochMs = client.clock.now()
      for await (const { items, largest, place, cursor, gap } of listing.read(begin, client, { now }))
        yield {
          envelopes: items.map((item) => envelopeOf(item, provider.id, finder)),
          ...(largest && { largest }),
          ...(place && { place }),
          ...(cursor !== undefined && { cursor }),
          ...(gap && { gap }),
        }
    },
  }
}

/** The event that an item is: under the id that a webhook of the same fact has. */
export function envelopeOf(item: PolledItem, provider: string, { tenant, endpoint }: Finder): FoundEvent {
  const { bytes, version: _version, ...facts } = item
  return {
    v: 1,
    id: eventId(tenant, endpoint, item.changeKey ?? item.deliveryKey),
    tenant,
    provider,
    endpoint,
    via: 'poll',
    ...facts,
    contentType: 'application/json',
    headers: {},
    body: bytes,
  }
}

import { eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { listingOf } from '#lib/polling/listing-of.ts'
import type { ListedPage, ListingFrom } from '#lib/polling/listing.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import type { PollDeclaration } from '#lib/providers/polls.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { collect, givenApi, queryOf, type Answering, type Asked } from '../outbound/operations/given-api.ts'

/** 2026-11-21T08:00:00Z */
export const now = epochMs(1_795_248_000_000)

export const providerOf = (id: string): Provider => {
  const provider = findProvider(id)
  if (!provider) throw new Error(`there is no provider ${id}`)
  return provider
}

type Answer = Answering | ((asked: Asked) => Answering)

/** A stream of a provider, or of one with these polls, whose API gives these answers. */
export function givenListing(
  id: string | (Pick<Provider, 'id'> & { polls: Readonly<Record<string, PollDeclaration>> }),
  stream: string,
  ...answers: readonly Answer[]
) {
  const provider = typeof id === 'string' ? providerOf(id) : id
  const api = givenApi(provider.id, ...answers)
  const client = { ...api.client, random: seededRandom(1) }
  const listing = listingOf(provider, stream)
  const pages = (from: ListingFrom = {}, at = now) => collect(listing.read(from, client, { now: at }))
  return {
    sent: api.sent,
    queries: () => api.sent.map(({ target }) => queryOf(target)),
    client,
    listing,
    pages,
    /** Keys of all items. */
    keys: async (from?: ListingFrom) => keysIn(await pages(from)),
  }
}

export const keysIn = (pages: readonly ListedPage[]): string[] =>
  pages.flatMap(({ items }) => items.map(({ deliveryKey }) => deliveryKey))
export const largestIn = (pages: readonly ListedPage[]): string | undefined =>
  pages.findLast(({ largest }) => largest)?.largest?.text

/** The events that a stream makes of these answers, for the endpoint of the provider's own name. */
export async function polledEvents(
  id: string,
  stream: string,
  answers: readonly Answer[],
  from: ListingFrom = { watermark: '2026-11-21T07:00:00Z' },
): Promise<readonly Envelope[]> {
  const pages = await givenListing(id, stream, ...answers).pages(from)
  return pages.flatMap(({ items }) =>
    items.map(({ bytes, ...facts }) => ({
      v: 1,
      id: eventId('default', id, facts.changeKey ?? facts.deliveryKey),
      tenant: 'default',
      provider: id,
      endpoint: id,
      via: 'poll',
      receivedAt: now,
      headers: {},
      contentType: 'application/json',
      ...facts,
      body: inlineBody(bytes),
    })),
  )
}

import type { Provider } from '../providers/provider.ts'
import { backfillWords, type BackfillWords } from './backfill-words.ts'
import { listingOf } from './listing-of.ts'
import type { Listing } from './listing.ts'

/** A stream as a backfill reads it. */
export type BackfillSource = Listing & BackfillWords

/**
 * The source of a stream.
 * @throws SluiceError `MISCONFIGURED` where the provider has no such stream, or its parameters are not the ones it needs.
 */
export function backfillSource(provider: Pick<Provider, 'id' | 'polls'>, stream: string): BackfillSource {
  return { ...listingOf(provider, stream), ...backfillWords(provider, stream) }
}

import type { Provider } from '../providers/provider.ts'
import { streamOf } from './declared.ts'
import { wordsOf } from './identity.ts'
import { readAxis } from './read-axis.ts'
import { readCursor } from './read-cursor.ts'
import type { Listing } from './listing.ts'

/**
 * What reads a stream as its provider declares it. The client must be of the base that `list.base` names, where it names one.
 * @throws SluiceError `MISCONFIGURED` where the provider has no such stream, or its parameters are not the ones it needs.
 */
export function listingOf(provider: Pick<Provider, 'id' | 'polls'>, text: string): Listing {
  const stream = streamOf(provider, text)
  const polled = { stream, words: wordsOf(stream) }
  const read = stream.declaration.progress.kind === 'cursor' ? readCursor : readAxis
  return { read: (from, client, options) => read(polled, from, client, options) }
}

import type { PollDeclaration } from '../providers/polls.ts'
import type { Provider } from '../providers/provider.ts'
import { streamOf } from './declared.ts'
import { listingOf } from './listing-of.ts'
import type { Listing } from './listing.ts'

/** A stream as a backfill reads it. */
export interface BackfillSource extends Listing {
  /** What it is counted by: blocks know no window of times. */
  readonly kind: PollDeclaration['progress']['kind']
  /** How its items come, where that says how far a reading is. */
  readonly order: 'ascending' | 'descending' | 'none'
  /** Older things can't be had, milliseconds. */
  readonly maxAgeMs?: number
  readonly deletes: PollDeclaration['deletes']
}

/**
 * The source of a stream.
 * @throws SluiceError `MISCONFIGURED` where the provider has no such stream, or its parameters are not the ones it needs.
 */
export function backfillSource(provider: Pick<Provider, 'id' | 'polls'>, stream: string): BackfillSource {
  const { progress, deletes } = streamOf(provider, stream).declaration
  return {
    ...listingOf(provider, stream),
    kind: progress.kind,
    order: progress.kind === 'time' ? progress.order : progress.kind === 'block' ? 'ascending' : 'none',
    ...(progress.kind === 'time' && progress.maxAgeMs !== undefined && { maxAgeMs: progress.maxAgeMs }),
    deletes,
  }
}

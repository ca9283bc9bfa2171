import type { Listing } from './listing.ts'
import type { Poll } from './poll-state.ts'

/** One stream of one connection as it is read, and how often its declaration wants that. */
export interface PollSource extends Listing {
  readonly interval: { readonly floorMs: number; readonly usualMs: number; readonly ceilingMs: number }
}

/** The source of a poll; `undefined` where nothing declares its stream any more. */
export type SourceOf = (poll: Poll) => PollSource | undefined

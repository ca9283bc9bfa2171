import type { PollDeclaration } from '../providers/polls.ts'
import type { Provider } from '../providers/provider.ts'
import { streamOf } from './declared.ts'

/** What a stream's declaration says to a backfill. */
export interface BackfillWords {
  /** What it is counted by: blocks know no window of times. */
  readonly kind: PollDeclaration['progress']['kind']
  /** How its items come, where that says how far a reading is. */
  readonly order: 'ascending' | 'descending' | 'none'
  /** Older things can't be had, milliseconds. */
  readonly maxAgeMs?: number
}

/** @throws SluiceError `MISCONFIGURED` where the provider has no such stream, or its parameters are not the ones it needs. */
export function backfillWords(provider: Pick<Provider, 'id' | 'polls'>, stream: string): BackfillWords {
  const { progress } = streamOf(provider, stream).declaration
  return {
    kind: progress.kind,
    order: progress.kind === 'time' ? progress.order : progress.kind === 'block' ? 'ascending' : 'none',
    ...(progress.kind === 'time' && progress.maxAgeMs !== undefined && { maxAgeMs: progress.maxAgeMs }),
  }
}

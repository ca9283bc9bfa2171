import type { Line } from './limit-line.ts'
import type { LimitScope } from './limiter.ts'

export type Swapped = { readonly kind: 'written' } | { readonly kind: 'moved'; readonly line: Line }

/** Where the lines of all scopes are kept. Every call throws when the store does not answer in time. */
export interface LimitLines {
  read(scope: LimitScope): Promise<Line>
  /** Puts `to` in the place of the line that `seen.by` wrote. What another has written in between comes back instead. */
  swap(scope: LimitScope, seen: Line, to: Line & { readonly by: string }): Promise<Swapped>
}

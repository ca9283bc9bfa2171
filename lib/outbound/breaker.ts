import type { Millis } from '../primitives/clock.ts'

/** What became of a call: `ignored` says nothing about the provider's health (a 4xx, a 429, an abort of ours). */
export type Outcome = 'success' | 'failure' | 'ignored'

export type Entry =
  | {
      readonly kind: 'pass'
      /** The one call that finds out whether the provider is well again. */
      readonly probe: boolean
      /**
       * To be called once; further calls count for nothing. After a failure it answers how long the breaker is open now, if it
       * is: then it is the provider that is ill, and not the call. Never throws.
       */
      report(outcome: Outcome): Promise<Millis | undefined>
    }
  | { readonly kind: 'open'; readonly retryAfterMs: Millis }

/** One circuit breaker per key over all workers. Never throws because its store is down: then each worker has its own. */
export interface Breaker {
  enter(key: string): Promise<Entry>
}

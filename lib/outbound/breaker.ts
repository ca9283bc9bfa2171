import type { Millis } from '../primitives/clock.ts'

export type BreakerPass =
  | {
      readonly kind: 'pass'
      readonly probe: boolean
      report(outcome: 'success' | 'failure' | 'ignored'): Promise<void>
    }
  | { readonly kind: 'open'; readonly retryAfterMs: Millis }

export interface Breaker {
  enter(key: string): Promise<BreakerPass>
}

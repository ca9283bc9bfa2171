import type { Millis } from '../primitives/clock.ts'
import type { RateObservation } from './rate-headers.ts'

export type Priority = 'interactive' | 'refresh' | 'poll' | 'backfill'

export interface LimitScope {
  readonly provider: string
  readonly scope: string
  readonly windows: readonly { readonly limit: number; readonly windowMs: number; readonly burst?: number }[]
}

export interface Limiter {
  take(
    scope: LimitScope,
    request: { readonly priority: Priority; readonly cost?: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly kind: 'granted' } | { readonly kind: 'wait'; readonly waitMs: Millis }>
  observe(scope: LimitScope, seen: RateObservation): void
}

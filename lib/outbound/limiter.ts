import type { EpochMs, Millis } from '../primitives/clock.ts'
import type { SlotWindow } from '../primitives/time-slots.ts'

/**
 * How urgent a call is: a person waits, a token runs out, a poll is due, an old stretch is read again. A lower class never
 * takes what is kept for the higher ones.
 */
export type Priority = 'interactive' | 'refresh' | 'poll' | 'backfill'

/** What one limit of a provider covers: an app, a connection, an address. */
export interface LimitScope {
  readonly provider: string
  readonly scope: string
  /** All of them must have room. */
  readonly windows: readonly SlotWindow[]
}

/** What an answer of the provider said about its limit; the instants are the provider's. */
export interface RateObservation {
  readonly limit?: number
  readonly remaining?: number
  readonly resetAt?: EpochMs
  readonly blockedUntil?: EpochMs
}

export interface TakeRequest {
  readonly priority: Priority
  /** Calls that this one counts for, 1 unless said. */
  readonly cost?: number
  readonly signal?: AbortSignal
}

/** The call is to be sent at once, or the question to be asked again later. */
export type Taken = { readonly kind: 'granted' } | { readonly kind: 'wait'; readonly waitMs: Millis }

/** One limit over all workers. Never throws because its store is down: then every worker keeps to a small share of its own. */
export interface Limiter {
  /** @throws RangeError or TypeError for windows and costs that can't be; the signal's reason when it aborts. */
  take(scope: LimitScope, request: TakeRequest): Promise<Taken>
  /** Lowers what is left to what the provider says, in the background. Never raises anything. */
  observe(scope: LimitScope, seen: RateObservation): void
}

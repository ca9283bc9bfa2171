import { checkBackoff, equalJitter, type BackoffPolicy } from './backoff.ts'
import { epochMs, isPast, later, minutes, ms, seconds, type EpochMs, type Millis } from './clock.ts'
import { whole } from './options.ts'
import type { Random } from './random.ts'

/**
 * The states of a circuit breaker as plain data, and the steps between them as pure functions: the same breaker runs in
 * memory, in an item of a table and in a simulation, and survives JSON.
 *
 * `streak` counts the openings that followed each other without a calm time between, and the open time doubles with it.
 */
export type BreakerState =
  | { readonly state: 'closed'; readonly streak: number; readonly calmAt: EpochMs }
  | { readonly state: 'open'; readonly streak: number; readonly until: EpochMs }
  | {
      readonly state: 'half_open'
      readonly streak: number
      /** Probes that may still leave before `until`. */
      readonly permits: number
      /** Probes that must still succeed. */
      readonly missing: number
      /** Probes that have not reported by then are given up, and as many may leave anew. */
      readonly until: EpochMs
    }

export interface BreakerPolicy {
  /** The open time: up to `baseMs` at first, doubled with each failed probe, eightfold when it opens again soon after it closed, jittered over its upper half, never above `capMs`. */
  readonly open: BackoffPolicy
  /** Probes that must succeed, all of them, before the breaker closes; no more than these leave while it is half-open. */
  readonly probes: number
}

/** 30 s at first, 15 min at most, one probe. */
export const defaultBreakerPolicy: BreakerPolicy = {
  open: { baseMs: seconds(30), capMs: minutes(15) },
  probes: 1,
}

export const closedBreaker: BreakerState = { state: 'closed', streak: 0, calmAt: epochMs(0) }

/** Throws `RangeError` or `TypeError` that names the option. */
export function checkBreakerPolicy({ open, probes }: BreakerPolicy): void {
  checkBackoff(open)
  if (open.baseMs < 1) throw new RangeError(`baseMs must be 1 or more, got ${open.baseMs}`)
  whole('probes', probes, 1, 1_000)
}

/**
 * What an opening adds to the streak that comes so soon after a closing: a host that is up whenever it is probed and down again
 * at once would else make the breaker move ten times in ten minutes.
 */
const flapping = 3

/** A closed breaker's decision, or a failed probe's. */
export function opened(
  from: BreakerState,
  now: EpochMs,
  policy: BreakerPolicy,
  random: Random,
): BreakerState & { state: 'open' } {
  const calm = from.state === 'closed' && isPast(from.calmAt, now)
  const streak = calm ? 1 : from.streak + (from.state === 'closed' ? flapping : 1)
  return { state: 'open', streak, until: later(now, equalJitter(policy.open, streak, random)) }
}

/** All probes have succeeded. The streak is forgotten after as long a calm as the breaker might have been open. */
function closed(from: BreakerState, now: EpochMs, policy: BreakerPolicy): BreakerState {
  const calmMs = Math.min(policy.open.capMs, policy.open.baseMs * 2 ** Math.max(0, from.streak - 1))
  return { state: 'closed', streak: from.streak, calmAt: later(now, calmMs) }
}

/**
 * The state as a reader may take it. An instant beyond `now + cap` was written by another clock, or before this one was set
 * back: it is read as `now + cap`, so that no clock keeps a breaker open for longer (D16).
 */
export function readBreaker(state: BreakerState, now: EpochMs, { open }: BreakerPolicy): BreakerState {
  const most = later(now, open.capMs)
  if (state.state === 'closed') return state.calmAt > most ? { ...state, calmAt: most } : state
  // Not `>`: an instant that is no number is cut as well.
  return state.until <= most ? state : { ...state, until: most }
}

export type Entry =
  | { readonly kind: 'closed'; readonly state: BreakerState }
  | { readonly kind: 'probe'; readonly state: BreakerState }
  | { readonly kind: 'open'; readonly state: BreakerState; readonly retryAfterMs: Millis }

/** May a call leave, and what the state is once it has. The caller stores the state before the call leaves. */
export function entered(stored: BreakerState, now: EpochMs, policy: BreakerPolicy): Entry {
  const state = readBreaker(stored, now, policy)
  if (state.state === 'closed') return { kind: 'closed', state }
  const over = isPast(state.until, now)
  if (state.state === 'half_open' && state.permits > 0 && !over)
    return { kind: 'probe', state: { ...state, permits: state.permits - 1 } }
  if (!over) return { kind: 'open', state, retryAfterMs: ms(Math.max(1, state.until - now)) }
  const probing = {
    state: 'half_open',
    streak: state.streak,
    permits: policy.probes - 1,
    missing: policy.probes,
    until: later(now, Math.max(1, policy.open.baseMs)),
  } as const
  return { kind: 'probe', state: probing }
}

/** A probe has succeeded. */
export function proved(state: BreakerState, now: EpochMs, policy: BreakerPolicy): BreakerState {
  if (state.state !== 'half_open') return state
  return state.missing <= 1 ? closed(state, now, policy) : { ...state, missing: state.missing - 1 }
}

/** A probe that said nothing about the host: its permit can be used again. */
export function unproved(state: BreakerState, policy: BreakerPolicy): BreakerState {
  if (state.state !== 'half_open') return state
  return { ...state, permits: Math.min(policy.probes, state.permits + 1) }
}

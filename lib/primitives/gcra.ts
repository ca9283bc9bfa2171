import { epochMs, ms, type EpochMs, type Millis } from './clock.ts'
import { notNegative, positive } from './options.ts'

/**
 * The generic cell rate algorithm: a limiter whose whole state is one instant, so that one conditional write moves it.
 * Pure arithmetic, no clock: the same lines run in memory, over a table and in a simulation.
 *
 * Of any stretch of time W, at most `limit / windowMs * W + burst` is granted.
 * @see ITU-T I.371, annex A: the virtual scheduling algorithm
 */
export interface Rate {
  /** How much may be spent per window. */
  readonly limit: number
  /** Milliseconds. */
  readonly windowMs: number
  /** How much may be spent at once after a pause, 1 or more. By default a whole `limit`. */
  readonly burst?: number
}

/** The theoretical arrival time: the instant at which everything spent so far has been earned. */
export interface RateState {
  readonly tat: EpochMs
}

export type Gcra =
  | { readonly granted: true; readonly tat: EpochMs }
  | { readonly granted: false; readonly waitMs: Millis }

/**
 * Every step is a multiple of 1/1024 ms, rounded up: instants up to the year 2248 then add without rounding, and a thousand
 * small grants spend exactly as much as one large grant. Rates above 100 per millisecond lose precision, never the bound.
 */
const grid = 1_024

/** Milliseconds that one unit of cost takes to be earned again. */
const stepMs = (rate: Rate): number =>
  Math.ceil((positive('windowMs', rate.windowMs) / positive('limit', rate.limit)) * grid) / grid

function burstOf(rate: Rate): number {
  const burst = positive('burst', rate.burst ?? Math.max(1, rate.limit))
  if (burst < 1) throw new RangeError(`burst must be 1 or more, got ${burst}`)
  return burst
}

/**
 * What is spent and not yet earned again, milliseconds. A stored instant beyond `now + burst` was written by a clock that runs
 * ahead and is read as `now + burst`; one that is no number is read as never written.
 */
const backlogMs = (state: RateState | undefined, now: EpochMs, mostMs: number): number =>
  state !== undefined && state.tat > now ? Math.min(state.tat - now, mostMs) : 0

/**
 * May `cost` be spent now? When granted, store `tat`; when not, ask again after `waitMs` (whole milliseconds, 1 or more).
 * Throws `RangeError` for a rate that is none, and for a cost above the burst, which no wait would ever grant.
 */
export function gcra(state: RateState | undefined, now: EpochMs, rate: Rate, cost: number): Gcra {
  const step = stepMs(rate)
  const burst = burstOf(rate)
  if (notNegative('cost', cost) > burst) throw new RangeError(`cost ${cost} is above the burst of ${burst}`)
  const mostMs = burst * step
  const wanted = backlogMs(state, now, mostMs) + cost * step
  if (wanted > mostMs) return { granted: false, waitMs: ms(Math.ceil(wanted - mostMs)) }
  return { granted: true, tat: epochMs(now + wanted) }
}

export type GcraAll =
  | { readonly granted: true; readonly tats: readonly EpochMs[] }
  | { readonly granted: false; readonly waitMs: Millis }

/** {@link gcra} over several windows at once: granted by all of them or by none, after the longest of their waits. `states` in the order of `rates`. */
export function gcraAll(
  states: readonly (RateState | undefined)[],
  now: EpochMs,
  rates: readonly Rate[],
  cost: number,
): GcraAll {
  const tats: EpochMs[] = []
  let waitMs = 0
  for (const [index, rate] of rates.entries()) {
    const answer = gcra(states[index], now, rate, cost)
    if (answer.granted) tats.push(answer.tat)
    else waitMs = Math.max(waitMs, answer.waitMs)
  }
  return waitMs > 0 ? { granted: false, waitMs: ms(waitMs) } : { granted: true, tats }
}

/** The state after `cost` was granted and not spent: what is given back can be granted again, but never more than the burst. */
export const gcraGiveBack = (state: RateState, rate: Rate, cost: number): RateState => ({
  tat: epochMs(state.tat - notNegative('cost', cost) * stepMs(rate)),
})

/** How much could be spent at once now: a number from 0 to the burst, fractions included. Corrects a local count from a provider's header. */
export function gcraRemaining(state: RateState | undefined, now: EpochMs, rate: Rate): number {
  const step = stepMs(rate)
  const burst = burstOf(rate)
  return burst - backlogMs(state, now, burst * step) / step
}

/** The state in which `remaining` is left to spend now, for a provider that says how much it would still take. */
export function gcraWithRemaining(now: EpochMs, rate: Rate, remaining: number): RateState {
  const burst = burstOf(rate)
  const left = Math.min(notNegative('remaining', remaining), burst)
  return { tat: epochMs(now + (burst - left) * stepMs(rate)) }
}

/**
 * The rate of which no stretch of one window ever holds more than `limit`, a burst after a pause included: for providers
 * that count and refuse. The plain rate allows `limit + burst` there.
 */
export function strictRate(rate: { readonly limit: number; readonly windowMs: number }, burst: number): Rate {
  if (positive('burst', burst) >= rate.limit)
    throw new RangeError(`burst ${burst} must be below the limit ${rate.limit}`)
  return { limit: rate.limit - burst, windowMs: rate.windowMs, burst }
}

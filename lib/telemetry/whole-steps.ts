import { epochMs, later, type EpochMs, type Millis } from '../primitives/clock.ts'

/** The last `windowMs` in whole steps of `stepMs`, the one that has begun included. */
export function wholeSteps(
  now: EpochMs,
  stepMs: Millis,
  windowMs: Millis,
): { readonly since: EpochMs; readonly until: EpochMs } {
  const until = epochMs(Math.ceil(now / stepMs) * stepMs)
  return { since: later(until, 0 - windowMs), until }
}

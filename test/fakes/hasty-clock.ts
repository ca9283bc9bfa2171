import { later, systemClock, type Clock, type EpochMs } from '#lib/primitives/clock.ts'

/** The system's clock, on which a sleep takes no time and has passed: for real sockets, where timers of a deadline must be real. */
export interface HastyClock extends Clock {
  /** How long each sleep was to be, milliseconds. */
  readonly slept: readonly number[]
}

export function hastyClock(): HastyClock {
  const slept: number[] = []
  const now = (): EpochMs =>
    later(
      systemClock.now(),
      slept.reduce((sum, each) => sum + each, 0),
    )
  return {
    ...systemClock,
    now,
    sleep: async (delay, signal) => {
      signal?.throwIfAborted()
      slept.push(delay)
    },
    slept,
  }
}

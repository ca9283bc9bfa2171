import { epochMs, later, ms, type Clock, type EpochMs, type Millis } from '#lib/primitives/clock.ts'

/** A clock that moves only when told to. Timers fire in order of their instant, then of their making. */
export interface VirtualClock extends Clock {
  /** Moves time forward by `by`, firing what falls due and letting promises settle in between. */
  advance(by: number): Promise<void>
  /** Moves time to the next timer and fires it; `false` when none is waiting. */
  next(): Promise<boolean>
  /** Timers that are waiting. */
  readonly waiting: number
}

interface Timer {
  readonly id: number
  readonly at: EpochMs
  readonly task: () => void
}

/** Long enough that a chain of a hundred awaits settles; macrotasks let real streams and loopback I/O go on as well. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

export function virtualClock(start = 1_780_000_000_000): VirtualClock {
  let now = epochMs(start)
  let made = 0
  const timers = new Map<number, Timer>()

  const after = (delay: number, task: () => void): (() => void) => {
    const id = (made += 1)
    timers.set(id, { id, at: later(now, Math.max(0, delay)), task })
    return () => timers.delete(id)
  }
  const first = (): Timer | undefined =>
    [...timers.values()].toSorted((a, b) => a.at - b.at || a.id - b.id)[0]
  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer.id)
    if (timer.at > now) now = timer.at
    timer.task()
    await settle()
  }

  return {
    now: () => now,
    after,
    every: (period, task) => {
      let stop: () => void
      const again = (): void => {
        stop = after(period, again)
        task()
      }
      stop = after(period, again)
      return () => stop()
    },
    sleep: (delay, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const cancel = after(delay, resolve)
        signal?.addEventListener('abort', () => (cancel(), reject(signal.reason as Error)), { once: true })
      }),
    async advance(by) {
      const until = later(now, ms(by))
      await settle()
      for (let timer = first(); timer && timer.at <= until; timer = first()) await fire(timer)
      now = until
      await settle()
    },
    async next() {
      await settle()
      const timer = first()
      if (timer) await fire(timer)
      return timer !== undefined
    },
    get waiting() {
      return timers.size
    },
  }
}

/** The same instants seen by a machine whose clock is wrong by `offset`. */
export const skewed = (clock: Clock, offset: Millis): Clock => ({
  ...clock,
  now: () => later(clock.now(), offset),
})

import { epochMs, later, ms, systemClock, type Clock, type EpochMs } from '../primitives/clock.ts'

/** A clock for tests: whoever sleeps moves it, so that waits of minutes take no time. */
export interface VirtualTime extends Clock {
  /** Moves time on, milliseconds, with everything that falls due. */
  advance(by: number): void
}

interface Timer {
  readonly at: EpochMs
  readonly order: number
  readonly task: () => void
  /** Somebody waits for it and does nothing else. */
  readonly moves: boolean
}

/**
 * Time that stands still until someone sleeps, and then goes on to the next one who does: deadlines on the way pass. Real
 * sockets know nothing of it, so what waits for one of them sees no time go by.
 */
export function virtualTime(start = Date.UTC(2026, 0, 1)): VirtualTime {
  let now = epochMs(start)
  let order = 0
  let pumping = false
  const timers = new Set<Timer>()

  const add = (delay: number, moves: boolean, task: () => void): (() => void) => {
    const timer = { at: later(now, Math.max(0, delay)), order: (order += 1), task, moves }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const first = (): Timer | undefined => {
    let best: Timer | undefined
    for (const timer of timers)
      if (!best || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) best = timer
    return best
  }
  const fire = (timer: Timer): void => {
    timers.delete(timer)
    if (timer.at > now) now = timer.at
    timer.task()
  }
  /** One timer at a time, with the event loop in between: what it wakes may sleep again, for less. */
  const pump = (): void => {
    if (pumping) return
    pumping = true
    systemClock.after(ms(0), () => {
      pumping = false
      if (![...timers].some(({ moves }) => moves)) return
      const next = first()
      if (next) fire(next)
      pump()
    })
  }
  return {
    now: () => now,
    after: (delay, task) => add(delay, false, task),
    every: (period, task) => repeating(period, task, (delay, again) => add(delay, false, again)),
    sleep: (delay, signal) => {
      const slept = sleeping((task) => add(delay, true, task), signal)
      pump()
      return slept
    },
    advance(by) {
      const until = later(now, by)
      for (let next = first(); next && next.at <= until; next = first()) fire(next)
      now = until
    },
  }
}

function sleeping(start: (task: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const abort = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = start(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function repeating(
  period: number,
  task: () => void,
  after: (delay: number, task: () => void) => () => void,
): () => void {
  // Without it a period of nothing would never let time pass.
  const every = Math.max(1, period)
  let stop = after(every, again)
  function again(): void {
    stop = after(every, again)
    task()
  }
  return () => stop()
}

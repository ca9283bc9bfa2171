import { epochMs, later, type Clock, type EpochMs } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'

interface Timer {
  readonly at: number
  /** Drawn from the seed: which of two timers of one instant comes first differs from seed to seed. */
  readonly rank: number
  readonly task: () => void
}

/** Virtual time of one simulation: nothing happens but what a timer does, one after the other. */
export interface Scheduler {
  readonly clock: Clock
  /** Runs timers until `done` says so, none is left, or `limitMs` have passed; answers whether `done` did. */
  run(done: () => boolean, limitMs: number): Promise<boolean>
  readonly steps: number
}

/** Lets promises, and what Node does between them, come to rest. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function scheduler(random: Random, start = 1_780_000_000_000): Scheduler {
  let now = epochMs(start)
  let steps = 0
  const timers = new Set<Timer>()

  const after = (delay: number, task: () => void): (() => void) => {
    const timer = { at: now + Math.max(0, Math.ceil(delay)), rank: random.fraction(), task }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const first = (): Timer | undefined => {
    let best: Timer | undefined
    for (const timer of timers) {
      if (!best || timer.at < best.at || (timer.at === best.at && timer.rank < best.rank)) best = timer
    }
    return best
  }
  return {
    clock: {
      now: () => now,
      after,
      every: (period, task) => {
        let stop = (): void => {}
        const again = (): void => {
          stop = after(period, again)
          task()
        }
        stop = after(period, again)
        return () => stop()
      },
      sleep: (delay) => new Promise((resolve) => void after(delay, () => resolve())),
    },
    async run(done, limitMs) {
      const limit = later(now, limitMs)
      await settle()
      for (;;) {
        if (done()) return true
        const timer = first()
        if (!timer || timer.at > limit) return done()
        timers.delete(timer)
        if (timer.at > now) now = epochMs(timer.at)
        steps += 1
        timer.task()
        await settle()
      }
    },
    get steps() {
      return steps
    },
  }
}

/** The same time on a machine whose clock is wrong. */
export const wrongBy = (clock: Clock, offsetMs: number): Clock => ({
  ...clock,
  now: (): EpochMs => later(clock.now(), Math.round(offsetMs)),
})

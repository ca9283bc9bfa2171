import { epochMs, later, type Clock, type EpochMs } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'

interface Timer {
  readonly at: number
  /** Drawn from the seed: which of two timers of one instant comes first differs from seed to seed. */
  readonly rank: number
  readonly task: () => void
  isCancelled: boolean
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.rank < b.rank)

/** The timers that wait, the next one first: a binary heap. */
class Waiting {
  readonly #heap: Timer[] = []

  first(): Timer | undefined {
    while (this.#heap[0]?.isCancelled) this.takeFirst()
    return this.#heap[0]
  }

  add(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    for (let up = (at - 1) >> 1; at > 0; at = up, up = (at - 1) >> 1) {
      const above = heap[up] as Timer
      if (!isBefore(timer, above)) break
      heap[at] = above
      heap[up] = timer
    }
  }

  takeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const isRight = left !== undefined && right !== undefined && isBefore(right, left)
      const below = isRight ? right : left
      if (!below || !isBefore(below, last)) break
      heap[at] = below
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
  }
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
  const timers = new Waiting()

  const after = (delay: number, task: () => void): (() => void) => {
    const at = now + Math.max(0, Math.ceil(delay))
    const timer: Timer = { at, rank: random.fraction(), task, isCancelled: false }
    timers.add(timer)
    return () => void (timer.isCancelled = true)
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
        const timer = timers.first()
        if (!timer || timer.at > limit) return done()
        timers.takeFirst()
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

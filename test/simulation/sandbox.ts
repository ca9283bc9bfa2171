import type { Clock } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import { wrongBy } from './scheduler.ts'

/**
 * One execution environment of a function: it can be killed at any call, stand still for a while, and have a clock of its
 * own. What a killed one still awaits never comes; what a paused one awaits comes late, its timers too.
 */
export interface Sandbox {
  readonly id: number
  readonly clock: Clock
  readonly random: Random
  readonly killed: boolean
  /** It stands still, or has: what it does from now on comes late. */
  readonly paused: boolean
  /** Calls that it has made to AWS. */
  readonly calls: number
  kill(): void
  /** Lets it stand still for `forMs`, from its call number `call` from now. */
  pauseAtCall(call: number, forMs: number): void
  /** Resolves when the sandbox may go on: never, once it is killed. */
  awake(): Promise<void>
  /** Counts a call; kills the sandbox when its fate says so. */
  count(moment: 'before' | 'after'): void
  /** Kills it before or after its call number `call` from now. */
  dieAtCall(call: number, moment: 'before' | 'after'): void
}

let ids = 0

export function sandbox(world: Clock, seed: number, clockOffsetMs: number): Sandbox {
  ids += 1
  const id = ids
  let killed = false
  let calls = 0
  let pausedUntilMs = 0
  let pause: { readonly call: number; readonly forMs: number } | undefined
  let fate: { readonly call: number; readonly moment: 'before' | 'after' } | undefined
  const own = wrongBy(world, clockOffsetMs)
  const wake = (task: () => void): void => {
    if (killed) return
    const waitMs = pausedUntilMs - world.now()
    if (waitMs > 0) world.after(waitMs as never, () => wake(task))
    else task()
  }
  const clock: Clock = {
    now: own.now,
    after: (delay, task) => own.after(delay, () => wake(task)),
    every: (period, task) => own.every(period, () => wake(task)),
    sleep: (delay) => new Promise((resolve) => void clock.after(delay, () => resolve())),
  }
  return {
    id,
    clock,
    random: seededRandom(seed),
    get killed() {
      return killed
    },
    get paused() {
      return pausedUntilMs > 0
    },
    get calls() {
      return calls
    },
    kill: () => {
      killed = true
    },
    pauseAtCall: (call, forMs) => {
      pause = { call: calls + call, forMs }
    },
    awake: () => new Promise((resolve) => wake(resolve)),
    count: (moment) => {
      if (moment === 'before') calls += 1
      if (pause && calls >= pause.call) {
        pausedUntilMs = world.now() + pause.forMs
        pause = undefined
      }
      if (fate && fate.moment === moment && calls >= fate.call) killed = true
    },
    dieAtCall: (call, moment) => {
      fate = { call: calls + call, moment }
    },
  }
}

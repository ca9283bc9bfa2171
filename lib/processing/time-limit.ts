import { elapsed, isPast, ms, type Clock, type EpochMs } from '../primitives/clock.ts'
import { DeadlineExceeded } from '../primitives/deadline.ts'

/** When the handlers of one invocation must be through: one timer for the whole batch. */
export interface TimeLimit {
  readonly at: EpochMs
  /** Rejects with {@link DeadlineExceeded} once the time is over; nobody has to wait for it. */
  readonly over: Promise<never>
  passed(): boolean
  /** Releases the timer. `over` never settles afterwards. */
  end(): void
}

export function timeLimit(clock: Clock, at: EpochMs): TimeLimit {
  const { promise: over, reject } = Promise.withResolvers<never>()
  over.catch(() => {})
  const budgetMs = Math.max(0, elapsed(clock.now(), at))
  let hasFired = false
  const cancel = clock.after(ms(budgetMs), () => {
    hasFired = true
    reject(new DeadlineExceeded(`not finished within ${budgetMs} ms`))
  })
  // The clock is asked too: a frozen sandbox fires its timers late.
  return { at, over, passed: () => hasFired || isPast(at, clock.now()), end: cancel }
}

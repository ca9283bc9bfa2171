import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, isPast, ms, type Clock, type EpochMs } from '../primitives/clock.ts'
import { DeadlineExceeded } from '../primitives/deadline.ts'

/** One attempt's time: what a handler may do ends with it, also when its promise goes on in a later invocation. */
export interface AttemptScope {
  /** Made when first asked for: most handlers never look at it. */
  readonly signal: AbortSignal
  readonly fetch: typeof fetch
  readonly isOver: () => boolean
  /** Settles with `work`, or rejects once the time is over. */
  race<T>(work: Promise<T>): Promise<T>
  end(): void
}

const attemptIsOver = new SluiceError('LEASE_LOST', 'the attempt is over')

/** `deadline` is when the handler's time is over. */
export function attemptScope(clock: Clock, deadline: EpochMs, outgoing: typeof fetch): AttemptScope {
  const budgetMs = Math.max(0, elapsed(clock.now(), deadline))
  const timeUp = Promise.withResolvers<never>()
  // Nobody may be waiting when the time is up.
  timeUp.promise.catch(() => {})
  let controller: AbortController | undefined
  let reason: Error | undefined
  const finish = (why: Error): void => {
    reason ??= why
    controller?.abort(reason)
  }
  const cancel = clock.after(ms(budgetMs), () => {
    const late = new DeadlineExceeded(`not finished within ${budgetMs} ms`)
    finish(late)
    timeUp.reject(late)
  })
  const scope: AttemptScope = {
    get signal() {
      controller ??= new AbortController()
      if (reason) controller.abort(reason)
      return controller.signal
    },
    // The clock is asked too: a frozen sandbox fires its timers late.
    isOver: () => reason !== undefined || isPast(deadline, clock.now()),
    fetch: (input, init) => {
      if (scope.isOver()) return Promise.reject(attemptIsOver)
      // A signal that is given replaces the one of a `Request`: both have to count.
      const own = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      return outgoing(input, {
        ...init,
        signal: own ? AbortSignal.any([scope.signal, own]) : scope.signal,
      })
    },
    race: (work) => Promise.race([work, timeUp.promise]),
    end: () => {
      cancel()
      finish(attemptIsOver)
    },
  }
  return scope
}

import { ms, type Clock } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { SluiceError } from '../errors/sluice-error.ts'

/** One attempt's time: what a handler may do ends with it, also when its promise goes on in a later invocation. */
export interface AttemptScope {
  readonly signal: AbortSignal
  readonly fetch: typeof fetch
  end(): void
}

/** `budgetMs` is what is left for the handler. */
export function attemptScope(clock: Clock, budgetMs: number, outgoing: typeof fetch): AttemptScope {
  const deadline = deadlineAfter(clock, ms(budgetMs))
  const over = new AbortController()
  const signal = AbortSignal.any([deadline.signal, over.signal])
  return {
    signal,
    fetch: (input, init = {}) => {
      // The clock is asked too: a frozen sandbox fires its timers late.
      if (signal.aborted || deadline.passed()) {
        return Promise.reject(new SluiceError('LEASE_LOST', 'the attempt that this call belongs to is over'))
      }
      return outgoing(input, {
        ...init,
        signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal,
      })
    },
    end: () => {
      deadline.end()
      over.abort(new SluiceError('LEASE_LOST', 'the attempt is over'))
    },
  }
}

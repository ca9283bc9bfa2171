import { SluiceError } from '../errors/sluice-error.ts'
import type { TimeLimit } from './time-limit.ts'

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

export function attemptScope(limit: TimeLimit, outgoing: typeof fetch): AttemptScope {
  let controller: AbortController | undefined
  let reason: Error | undefined
  const finish = (why: Error): void => {
    reason ??= why
    controller?.abort(reason)
  }
  const scope: AttemptScope = {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (reason) controller.abort(reason)
        else limit.over.catch(finish)
      }
      return controller.signal
    },
    isOver: () => reason !== undefined || limit.passed(),
    fetch: (input, init) => {
      if (scope.isOver()) return Promise.reject(attemptIsOver)
      // A signal that is given replaces the one of a `Request`: both have to count.
      const own = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      return outgoing(input, {
        ...init,
        signal: own ? AbortSignal.any([scope.signal, own]) : scope.signal,
      })
    },
    race: (work) => Promise.race([work, limit.over]),
    end: () => finish(attemptIsOver),
  }
  return scope
}

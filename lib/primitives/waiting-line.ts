import { ms, type Clock } from './clock.ts'
import { longestDelayMs } from './options.ts'

/** A limiter within one process. */
export interface LocalLimiter {
  /** Spends `cost` (1 by default) if there is that much, and says whether it did. Takes its turn before callers that wait. */
  tryTake(cost?: number): boolean
  /**
   * Resolves once `cost` is spent, in the order of the calls. Rejects with the signal's reason when aborted first; nothing is
   * spent then. Rejects with `RangeError` for a cost that could never be granted.
   */
  take(cost?: number, signal?: AbortSignal): Promise<void>
  /** Callers that wait. */
  readonly waiting: number
}

/** What a limiter must know for others to wait in line at it. */
interface Counter {
  /** Throws for a cost that no wait would ever grant. */
  check(cost: number): void
  /** Spends a checked cost if there is that much. */
  spend(cost: number): boolean
  /** Milliseconds until `cost` could be granted at the earliest. */
  waitMs(cost: number): number
}

interface Waiter {
  readonly cost: number
  readonly resolve: () => void
}

/** One `Promise` for every caller that has not to wait. */
const granted = /* @__PURE__ */ Promise.resolve()

/** First come, first served, with one timer for the whole line. Whoever aborts leaves the line, and the next one is asked at once. */
export function waitingLine(counter: Counter, clock: Clock): LocalLimiter {
  const line = new Set<Waiter>()
  let cancel: (() => void) | undefined

  const serve = (): void => {
    cancel?.()
    cancel = undefined
    for (const waiter of line) {
      if (!counter.spend(waiter.cost)) {
        const wait = Math.min(longestDelayMs, Math.max(1, Math.ceil(counter.waitMs(waiter.cost))))
        cancel = clock.after(ms(wait), serve)
        return
      }
      line.delete(waiter)
      waiter.resolve()
    }
  }
  const join = (cost: number, signal: AbortSignal | undefined): Promise<void> => {
    const waiting = waiterOf(cost, signal, (waiter) => {
      line.delete(waiter)
      serve()
    })
    line.add(waiting.waiter)
    if (line.size === 1) serve()
    return waiting.turn
  }
  return {
    get waiting() {
      return line.size
    },
    tryTake(cost = 1) {
      counter.check(cost)
      return counter.spend(cost)
    },
    take(cost = 1, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error)
      try {
        counter.check(cost)
        return line.size === 0 && counter.spend(cost) ? granted : join(cost, signal)
      } catch (error) {
        return Promise.reject(error)
      }
    },
  }
}

/** One caller in line; `left` is called when its signal aborts before its turn. */
function waiterOf(
  cost: number,
  signal: AbortSignal | undefined,
  left: (waiter: Waiter) => void,
): { readonly waiter: Waiter; readonly turn: Promise<void> } {
  const { promise: turn, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => {
    reject(signal?.reason)
    left(waiter)
  }
  const waiter: Waiter = {
    cost,
    resolve: () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    },
  }
  signal?.addEventListener('abort', abort, { once: true })
  return { waiter, turn }
}

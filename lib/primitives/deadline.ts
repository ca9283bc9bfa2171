import { elapsed, isPast, later, ms, type Clock, type EpochMs, type Millis } from './clock.ts'

/** The instant by which a whole operation must be over, with the one signal that ends it. Create it once per operation and `end()` it. */
export interface Deadline {
  readonly at: EpochMs
  /** Aborts at the deadline with {@link DeadlineExceeded}. */
  readonly signal: AbortSignal
  remainingMs(): Millis
  passed(): boolean
  /** Releases the timer. The signal never fires afterwards. */
  end(): void
}

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded'
}

export function deadlineAfter(clock: Clock, budget: Millis, parent?: AbortSignal): Deadline {
  const at = later(clock.now(), budget)
  const controller = new AbortController()
  const cancel = clock.after(budget, () =>
    controller.abort(new DeadlineExceeded(`not finished within ${budget} ms`)),
  )
  const follow = (): void => controller.abort(parent?.reason)
  if (parent?.aborted) follow()
  else parent?.addEventListener('abort', follow, { once: true })
  return {
    at,
    signal: controller.signal,
    remainingMs: () => ms(Math.max(0, elapsed(clock.now(), at))),
    passed: () => isPast(at, clock.now()),
    end: () => {
      cancel()
      parent?.removeEventListener('abort', follow)
    },
  }
}

/**
 * Settles with `work`, or rejects with the signal's reason once it aborts, even when `work` ignores the signal.
 * What `work` does afterwards is dropped, and its late rejection is swallowed.
 */
export function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

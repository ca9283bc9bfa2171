import { whole } from './options.ts'
import { priorityQueue } from './priority-queue.ts'

/** Runs `task` over all items, at most `limit` at a time; results keep the items' order. The first rejection wins, as with `Promise.all`. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = Array.from<R>({ length: items.length })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await task(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  return results
}

/** Bounds how many calls run at a time, so that one slow host does not take all of a process. */
export interface Bulkhead {
  readonly active: number
  readonly waiting: number
  /**
   * Runs `task` now or when its turn comes. Rejects with {@link BulkheadFullError} when the queue is full, and with the signal's
   * reason when aborted while waiting; the abort of a task that runs is the task's own matter.
   */
  run<T>(task: () => Promise<T>, call?: BulkheadCall): Promise<T>
  /** The place alone, for a caller that runs the work itself; give it back with {@link Bulkhead.leave}, exactly once. */
  enter(call?: BulkheadCall): Promise<void>
  leave(): void
}

export interface BulkheadCall {
  readonly signal?: AbortSignal | undefined
  /** The lowest rank goes first, 0 by default; equal ranks in the order of their coming. */
  readonly rank?: number | undefined
}

/** As many calls as may wait are waiting; this one was not made. */
export class BulkheadFullError extends Error {
  override readonly name = 'BulkheadFullError'

  constructor(active: number, waiting: number) {
    super(`${active} calls are running and ${waiting} are waiting`)
  }
}

export interface BulkheadOptions {
  /** Calls at a time, 1 or more. */
  readonly limit: number
  /** Calls that may wait, 0 or more. */
  readonly queue: number
}

/** One `Promise` for every caller that has not to wait. */
const entered = /* @__PURE__ */ Promise.resolve()

export function bulkhead({ limit, queue }: BulkheadOptions): Bulkhead {
  whole('limit', limit, 1)
  whole('queue', queue, 0)
  const line = priorityQueue<() => void>()
  let active = 0

  /** A place that is left goes to the next in line, without ever being free in between. */
  const leave = (): void => {
    const next = line.pop()
    if (next) next()
    else active -= 1
  }
  const wait = ({ signal, rank = 0 }: BulkheadCall): Promise<void> => {
    if (line.size >= queue) return Promise.reject(new BulkheadFullError(limit, line.size))
    return new Promise((resolve, reject) => {
      const cancel = line.push(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, rank)
      function abort(): void {
        if (cancel()) reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
  const enter = (call: BulkheadCall = {}): Promise<void> => {
    if (call.signal?.aborted) return Promise.reject(call.signal.reason as Error)
    if (active >= limit) return wait(call)
    active += 1
    return entered
  }
  return {
    get active() {
      return active
    },
    get waiting() {
      return line.size
    },
    enter,
    leave,
    async run(task, call) {
      if (active < limit && !call?.signal?.aborted) active += 1
      else await enter(call)
      try {
        return await task()
      } finally {
        leave()
      }
    },
  }
}

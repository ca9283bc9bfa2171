import { ms, type Clock } from './clock.ts'
import { timerMs, whole } from './options.ts'
import type { Attempt } from './retry.ts'

export interface HedgeOptions {
  /** Hedging sends the same request again while the first is under way: only a read may be sent so. */
  readonly only: 'reads'
  /** How long to wait for an answer before asking once more, milliseconds: about the 95th percentile of the host's answers. */
  readonly afterMs: number
  /** Requests in all, 2 by default. */
  readonly most?: number
  readonly signal?: AbortSignal
}

/** The reason of a hedged attempt's signal once another attempt has answered. */
class HedgeLost extends Error {
  override readonly name = 'AbortError'
}

/**
 * Asks again when the answer takes long, and takes the first good one; the other attempts are aborted. It hedges against slowness,
 * not against failure: a failure while no other attempt runs is thrown, and when all fail, the first error is.
 */
export function hedge<T>(
  task: (attempt: Attempt<AbortSignal>) => Promise<T>,
  options: HedgeOptions,
  { clock }: { readonly clock: Clock },
): Promise<T> {
  const { afterMs, most = 2, signal } = options
  timerMs('afterMs', afterMs)
  whole('most', most, 2, 10)
  if (signal?.aborted) return Promise.reject(signal.reason as Error)
  return new Promise((resolve, reject) => {
    const controllers = new Set<AbortController>()
    let started = 0
    let cancel: (() => void) | undefined
    let failure: { readonly error: unknown } | undefined

    const end = (reason: unknown): void => {
      cancel?.()
      signal?.removeEventListener('abort', abort)
      for (const controller of controllers) controller.abort(reason)
    }
    function abort(): void {
      end(signal?.reason)
      reject(signal?.reason as Error)
    }
    const start = (): void => {
      const controller = new AbortController()
      controllers.add(controller)
      started += 1
      if (started < most) cancel = clock.after(ms(afterMs), start)
      void run(task, { number: started, signal: controller.signal }, (outcome) => {
        controllers.delete(controller)
        if ('value' in outcome) {
          end(new HedgeLost('another attempt has answered'))
          return resolve(outcome.value)
        }
        failure ??= outcome
        if (controllers.size > 0) return
        end(failure.error)
        reject(failure.error)
      })
    }
    signal?.addEventListener('abort', abort, { once: true })
    start()
  })
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** A task that throws before its first await fails like any other. */
async function run<T>(
  task: (attempt: Attempt<AbortSignal>) => Promise<T>,
  attempt: Attempt<AbortSignal>,
  settled: (outcome: Outcome<T>) => void,
): Promise<void> {
  let outcome: Outcome<T>
  try {
    outcome = { value: await task(attempt) }
  } catch (error) {
    outcome = { error }
  }
  settled(outcome)
}

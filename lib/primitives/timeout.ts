import { seconds, type Clock, type Millis } from './clock.ts'
import { timerMs } from './options.ts'

/** Limits by kind of operation: {@link withTimeout}'s second argument, or the `within` of a policy. */
export const timeouts = {
  /** Something is read; the caller may be a person who waits. */
  read: seconds(5),
  /** Something small is written. */
  write: seconds(10),
  /** Money moves: giving up early leaves an outcome unknown. */
  payment: seconds(30),
  /** Many bytes are sent. */
  upload: seconds(60),
} as const

/** The work did not end within its limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  /** Milliseconds. */
  readonly limitMs: number

  constructor(limit: number) {
    super(`not finished within ${limit} ms`)
    this.limitMs = limit
  }
}

export interface WatchOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * One signal and, with a limit, one timer over some work: plain data, as it is made for every call. End it in every case with
 * {@link endWatch}.
 */
export interface Watch {
  /** Aborts when the limit passes or the parent aborts, with the reason that {@link raceWatch} rejects with. */
  readonly controller: AbortController
  readonly parent: AbortSignal | undefined
  reject: ((reason: unknown) => void) | undefined
  cancel: (() => void) | undefined
  follow: (() => void) | undefined
}

function stop(watch: Watch, reason: unknown): void {
  watch.controller.abort(reason)
  watch.reject?.(reason)
}

/**
 * Without a limit it only follows the parent. The limit must have been checked. `named` is what the error calls the limit, where
 * this is the rest of a longer one.
 */
export function startWatch(
  limit: number | undefined,
  parent: AbortSignal | undefined,
  clock: Clock,
  named = limit,
): Watch {
  const controller = new AbortController()
  const watch: Watch = { controller, parent, reject: undefined, cancel: undefined, follow: undefined }
  if (parent?.aborted) stop(watch, parent.reason)
  else if (parent) {
    watch.follow = () => stop(watch, parent.reason)
    parent.addEventListener('abort', watch.follow, { once: true })
  }
  if (limit !== undefined)
    watch.cancel = clock.after(limit as Millis, () => stop(watch, new TimeoutError(named ?? limit)))
  return watch
}

/** Settles with `work`, or rejects at the abort even when `work` ignores its signal. One race at a time. */
export function raceWatch<T>(watch: Watch, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    watch.reject = reject
    if (watch.controller.signal.aborted) reject(watch.controller.signal.reason)
    work.then(resolve, reject)
  })
}

/** Releases the timer and leaves the parent. The signal never fires afterwards. */
export function endWatch({ cancel, follow, parent }: Watch): void {
  cancel?.()
  if (follow) parent?.removeEventListener('abort', follow)
}

/**
 * Runs `task` under one signal that aborts after `limit` milliseconds, or with `options.signal`. Rejects with
 * {@link TimeoutError} or with the outer signal's reason, at once and even when the task ignores its signal; what the task does
 * afterwards is dropped. Throws `RangeError` for a limit that no timer can keep.
 * @example await withTimeout((signal) => fetch(url, { signal }), timeouts.read, { clock: systemClock })
 */
export async function withTimeout<T>(
  task: (signal: AbortSignal) => Promise<T>,
  limit: Millis,
  options: WatchOptions,
): Promise<T> {
  timerMs('limit', limit)
  options.signal?.throwIfAborted()
  const watch = startWatch(limit, options.signal, options.clock)
  try {
    return await raceWatch(watch, task(watch.controller.signal))
  } finally {
    endWatch(watch)
  }
}

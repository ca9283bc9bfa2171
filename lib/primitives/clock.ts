import type { Brand } from './brand.ts'

/** A point in time, milliseconds since 1970-01-01T00:00Z. */
export type EpochMs = Brand<number, 'EpochMs'>
/** A point in time, whole seconds since 1970-01-01T00:00Z: what providers sign and DynamoDB's TTL reads. */
export type EpochSeconds = Brand<number, 'EpochSeconds'>
/** A length of time in milliseconds. */
export type Millis = Brand<number, 'Millis'>

export const epochMs = (value: number): EpochMs => value as EpochMs
export const ms = (value: number): Millis => value as Millis
export const seconds = (value: number): Millis => (value * 1_000) as Millis
export const minutes = (value: number): Millis => (value * 60_000) as Millis
export const hours = (value: number): Millis => (value * 3_600_000) as Millis
export const days = (value: number): Millis => (value * 86_400_000) as Millis

export const later = (instant: EpochMs, by: number): EpochMs => (instant + by) as EpochMs
export const elapsed = (from: EpochMs, to: EpochMs): Millis => (to - from) as Millis
export const toSeconds = (instant: EpochMs): EpochSeconds => Math.floor(instant / 1_000) as EpochSeconds
export const fromSeconds = (instant: EpochSeconds): EpochMs => (instant * 1_000) as EpochMs
export const isPast = (instant: EpochMs, now: EpochMs): boolean => instant <= now
/** RFC 3339 in UTC with milliseconds. */
export const iso = (instant: EpochMs): string => new Date(instant).toISOString()

/** The longest delay a Node timer honours: above 2^31-1 ms it fires after 1 ms. */
const longestTimer = 2_147_483_647 as Millis

/** Time as everything in Sluice sees it. Production reads {@link systemClock}; a simulation owns its own. */
export interface Clock {
  now(): EpochMs
  /** Resolves after `delay`; rejects with the signal's reason when aborted first. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>
  /** Calls `task` once after `delay`; the returned function cancels it. */
  after(delay: Millis, task: () => void): () => void
  /** Calls `task` every `period`; the returned function stops it. Never keeps a process alive. */
  every(period: Millis, task: () => void): () => void
}

const clamp = (delay: number): number => (delay > 0 ? Math.min(delay, longestTimer) : 0)

export const systemClock: Clock = {
  now: () => Date.now() as EpochMs,
  sleep: (delay, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const timer = setTimeout(done, clamp(delay))
      function done() {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      function abort() {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
  after: (delay, task) => {
    const timer = setTimeout(task, clamp(delay))
    return () => clearTimeout(timer)
  },
  every: (period, task) => {
    const timer = setInterval(task, clamp(period)).unref()
    return () => clearInterval(timer)
  },
}

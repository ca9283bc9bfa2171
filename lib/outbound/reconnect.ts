import { fullJitter } from '../primitives/backoff.ts'
import { elapsed, ms, type Clock, type Millis } from '../primitives/clock.ts'
import { timerMs, whole } from '../primitives/options.ts'
import type { Random } from '../primitives/random.ts'

/** How a stream that was lost is opened again. */
export interface ReconnectOptions {
  /** Upper bound of the first wait, milliseconds. Default 1 s. */
  readonly baseMs?: number
  /** Upper bound of every wait, and the age at which a connection that is still heard is a good one, milliseconds. Default 30 s. */
  readonly capMs?: number
  /** Losses in a row without anything new in between; one more ends the stream. Default 10; `Infinity` for never. */
  readonly attempts?: number
}

export interface Reconnects {
  /** A connection is being opened. */
  opening(): void
  /** Something came, if only a heartbeat: from a connection of some age it is a sign of health. */
  heard(): void
  /** The stream went on: the next loss is the first one again. */
  progressed(): void
  /** Waits before the next connection, at least as long as the other side asks for. @throws `error` after too many losses. */
  pause(error: unknown, leastMs: number, signal: AbortSignal | undefined): Promise<void>
}

/** Spread over the whole wait, so that the clients of a server that fell do not come back at the same moment. */
export function reconnects(
  { baseMs = 1_000, capMs = 30_000, attempts = 10 }: ReconnectOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Reconnects {
  timerMs('baseMs', baseMs)
  timerMs('capMs', capMs)
  if (baseMs > capMs) throw new RangeError(`baseMs must be at most capMs, got ${baseMs} and ${capMs}`)
  if (attempts !== Infinity) whole('attempts', attempts, 1)
  let losses = 0
  let openedAt = clock.now()
  return {
    opening: () => void (openedAt = clock.now()),
    progressed: () => void (losses = 0),
    heard() {
      if (elapsed(openedAt, clock.now()) >= capMs) losses = 0
    },
    async pause(error, leastMs, signal) {
      losses += 1
      if (losses > attempts) throw error
      await clock.sleep(ms(leastMs + fullJitter({ baseMs, capMs }, losses, random)), signal)
    },
  }
}

export interface Silence {
  /** Something came. */
  broken(): void
  stop(): void
}

/** Calls `task` once when nothing has come for `limitMs`. One timer, whatever comes. */
export function watchSilence(clock: Clock, limitMs: Millis, task: () => void): Silence {
  let heardAt = clock.now()
  let stop = clock.after(limitMs, look)
  function look(): void {
    const restMs = limitMs - elapsed(heardAt, clock.now())
    if (restMs > 0) stop = clock.after(ms(restMs), look)
    else task()
  }
  return { broken: () => void (heardAt = clock.now()), stop: () => stop() }
}

/** The last `most` keys, each with the number of the connection that brought it first. */
export function recentKeys(most: number) {
  const keys = new Map<string, number>()
  return {
    /** Remembers a key; the connection that brought it before, `undefined` for a new one. */
    add(key: string, connection: number): number | undefined {
      const before = keys.get(key)
      keys.delete(key)
      keys.set(key, before ?? connection)
      const [oldest] = keys.size > most ? keys.keys() : []
      if (oldest !== undefined) keys.delete(oldest)
      return before
    },
  }
}

import { elapsed, ms, type Clock, type EpochMs, type Millis } from './clock.ts'
import { notNegative, whole } from './options.ts'

/** A value and how old it is. */
export interface Labelled<T> {
  readonly value: T
  /** `live`: just loaded. `cache`: young enough not to ask. `stale`: loading failed, this is the last good one. */
  readonly source: 'live' | 'cache' | 'stale'
  readonly ageMs: Millis
}

export interface LastGood<T> {
  /**
   * The value of `key`: from the cache while it is fresh, else from `load`, else the last good one while it is not too old. Throws
   * what `load` threw when there is none, or when the error is not to be covered up. `ages` are those of this one reading.
   */
  get(key: string, load: () => Promise<T>, ages?: Ages): Promise<Labelled<T>>
  forget(key: string): void
}

export interface Ages {
  /** For so long a value is given without asking, milliseconds; 0 always asks. */
  readonly freshMs: number
  /** For so long a value may stand in for one that can not be loaded, milliseconds, counted from its loading. */
  readonly staleMs: number
}

export interface LastGoodOptions extends Ages {
  /** Values kept; the one not used for longest leaves first. 1,000 by default. */
  readonly most?: number
  /** Which errors a stale value may cover up. By default all. A 404 or a 401 is an answer and should pass. */
  readonly covers?: (error: unknown) => boolean
}

interface Kept<T> {
  readonly value: T
  readonly at: EpochMs
}

/** Keeps the last good value of each key, and says of every value where it is from. For reads whose old answer is better than none. */
export function lastGood<T>(options: LastGoodOptions, { clock }: { readonly clock: Clock }): LastGood<T> {
  const { most = 1_000, covers = () => true } = options
  checkAges(options)
  whole('most', most, 1)
  const kept = new Map<string, Kept<T>>()

  const keep = (key: string, entry: Kept<T>): void => {
    kept.delete(key)
    kept.set(key, entry)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
  }
  /** A clock that was set back makes no value younger than new. */
  const ageOf = ({ at }: Kept<T>): Millis => ms(Math.max(0, elapsed(at, clock.now())))
  return {
    async get(key, load, ages = options) {
      const { freshMs, staleMs } = ages === options ? options : checkAges(ages)
      const known = kept.get(key)
      if (known) {
        const ageMs = ageOf(known)
        keep(key, known)
        if (ageMs < freshMs) return { value: known.value, source: 'cache', ageMs }
      }
      try {
        const value = await load()
        keep(key, { value, at: clock.now() })
        return { value, source: 'live', ageMs: ms(0) }
      } catch (error) {
        // Read again: another call may have loaded it meanwhile.
        const last = kept.get(key)
        const ageMs = last && ageOf(last)
        if (!last || ageMs === undefined || ageMs > staleMs || !covers(error)) throw error
        return { value: last.value, source: 'stale', ageMs }
      }
    },
    forget: (key) => void kept.delete(key),
  }
}

function checkAges(ages: Ages): Ages {
  const { freshMs, staleMs } = ages
  notNegative('freshMs', freshMs)
  if (notNegative('staleMs', staleMs) < freshMs)
    throw new RangeError(`staleMs ${staleMs} is below freshMs ${freshMs}`)
  return ages
}

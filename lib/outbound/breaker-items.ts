import type { Standing } from './breaker-standing.ts'

/** Calls in the half window of that number, and when read also in the one before: of all workers, as far as they were told. */
export interface Tally {
  readonly window: number
  readonly failures: number
  readonly successes: number
  /** Failures since the last success; told ones that are older than the window count here only. */
  readonly row?: number
}

export interface Seen {
  readonly standing: Standing
  readonly tally: Tally
}

/** One item per key. Every call throws when the table does not answer in time. */
export interface BreakerItems {
  read(key: string): Promise<Seen>
  /** Puts `to` in the place of what `from.by` wrote; what stands now comes back, `to` if it was written. */
  swap(key: string, from: Standing, to: Standing): Promise<Standing>
  /** One permit less, for a probe until `probeUntil`. False when there is none left, or the breaker has moved on. */
  begin(key: string, way: 'permit' | 'dead', from: Standing, probeUntil: number): Promise<boolean>
  /** A probe that found out nothing. */
  giveBack(key: string, from: Standing): Promise<void>
  /** Adds to the counts of a window; `undefined` when a later one is being counted. */
  tell(key: string, told: Tally): Promise<Tally | undefined>
}

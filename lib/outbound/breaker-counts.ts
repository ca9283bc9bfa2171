import type { BreakerPolicy } from './breaker-standing.ts'

/** What one worker has seen of one key, and has not yet told the others. */
export interface Counts {
  /** Windows are halves of the policy's: what counts is the present and the one before. */
  note(isFailure: boolean, windowNumber: number): void
  /** Whether this worker's own calls are reason enough to open. */
  isTripped(): boolean
  /** Takes what has not been told. */
  flush(): Untold
  /** Failures in a row. */
  readonly row: number
  readonly untold: Untold
  clear(): void
}

interface Untold {
  readonly failures: number
  readonly successes: number
  /** Failures since the last success, of windows that are over too. */
  readonly row: number
}

const none = { failures: 0, successes: 0 }
const nothing: Untold = { ...none, row: 0 }

export function counts({ trips }: BreakerPolicy): Counts {
  let own = none
  let before = none
  let untold = nothing
  let window = 0
  let row = 0
  const plus = (sum: typeof none, isFailure: boolean) =>
    isFailure ? { ...sum, failures: sum.failures + 1 } : { ...sum, successes: sum.successes + 1 }
  const both = () => ({
    failures: own.failures + before.failures,
    successes: own.successes + before.successes,
  })
  return {
    note(isFailure, windowNumber) {
      if (windowNumber !== window) {
        before = windowNumber === window + 1 ? own : none
        if (windowNumber !== window + 1) untold = { ...nothing, row: untold.row }
        window = windowNumber
        own = none
      }
      own = plus(own, isFailure)
      untold = { ...plus(untold, isFailure), row: isFailure ? untold.row + 1 : 0 }
      row = isFailure ? row + 1 : 0
    },
    isTripped: () => (trips.kind === 'consecutive' ? row >= trips.failures : isTooMany(both(), trips)),
    get row() {
      return row
    },
    flush() {
      const told = untold
      untold = nothing
      return told
    },
    get untold() {
      return untold
    },
    clear() {
      own = none
      before = none
      untold = nothing
      row = 0
    },
  }
}

export const isTooMany = (
  { failures, successes }: { readonly failures: number; readonly successes: number },
  { share, minimum }: Extract<BreakerPolicy['trips'], { kind: 'rate' }>,
): boolean => failures + successes >= minimum && failures >= share * (failures + successes)

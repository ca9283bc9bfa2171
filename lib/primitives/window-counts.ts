import type { EpochMs } from './clock.ts'

/** Counts of two kinds of event over the time just past, in slices of a window. Constant memory, whatever the traffic. */
export interface WindowCounts {
  add(kind: 0 | 1, now: EpochMs): void
  /** Events of the window that ends now; whole slices only, so up to one slice less than the window. */
  recent(kind: 0 | 1, now: EpochMs): number
  /** The same, and the slice that is half out of the window as well: never less than the window held. */
  recentAtMost(kind: 0 | 1, now: EpochMs): number
  clear(): void
  /** The newest event is older than the window. */
  idle(now: EpochMs): boolean
}

const slices = 20
/** One more than the window has: the slice that the window's start lies in. */
const kept = slices + 1

/**
 * A clock that goes back by less than the window stands still for the counts; one that goes back further, or forth by more than
 * the window, empties them.
 */
export function windowCounts(windowMs: number): WindowCounts {
  const sliceMs = windowMs / slices
  const counts = [new Float64Array(kept), new Float64Array(kept)] as const
  let newest = Number.NaN

  const clear = (): void => {
    counts[0].fill(0)
    counts[1].fill(0)
    newest = Number.NaN
  }
  const turnTo = (now: EpochMs): void => {
    const slice = Math.floor(now / sliceMs)
    if (slice === newest) return
    if (!(Math.abs(slice - newest) < kept)) clear()
    else if (slice < newest) return
    else {
      for (let passed = newest + 1; passed <= slice; passed += 1) {
        counts[0][place(passed)] = 0
        counts[1][place(passed)] = 0
      }
    }
    newest = slice
  }
  const sum = (kind: 0 | 1): number => {
    let total = 0
    for (const count of counts[kind]) total += count
    return total
  }
  return {
    add(kind, now) {
      turnTo(now)
      const at = place(newest)
      counts[kind][at] = (counts[kind][at] ?? 0) + 1
    },
    recent(kind, now) {
      turnTo(now)
      return sum(kind) - (counts[kind][place(newest + 1)] ?? 0)
    },
    recentAtMost(kind, now) {
      turnTo(now)
      return sum(kind)
    },
    clear,
    idle: (now) => !(Math.abs(Math.floor(now / sliceMs) - newest) < kept),
  }
}

const place = (slice: number): number => ((slice % kept) + kept) % kept

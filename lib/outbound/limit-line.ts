import type { SlotWindow, Span } from '../primitives/time-slots.ts'
import type { RateObservation } from './limiter.ts'

/** The shared state of one scope: the next free slot of each window, and until when the provider wants no call at all. */
export interface Line {
  /** Changes with every write; `undefined` before the first one. */
  readonly by: string | undefined
  readonly next: readonly number[]
  /** Epoch milliseconds. */
  readonly blockedUntil: number
}

export const emptyLine = (windows: readonly SlotWindow[]): Line => ({
  by: undefined,
  next: windows.map(() => 0),
  blockedUntil: 0,
})

/** Leases reach less far than this into the future. */
const furthestLeaseMs = 10_000
const longestBlockMs = 3_600_000

/** The line as it can be (D16): what lies further ahead than any honest worker writes does not freeze a scope. */
export const clamped = (line: Line, windows: readonly SlotWindow[], now: Span): Line => ({
  ...line,
  next: line.next.map((at, i) => Math.min(at, now.latest + (windows[i]?.windowMs ?? 0) + furthestLeaseMs)),
  blockedUntil: Math.min(line.blockedUntil, now.latest + longestBlockMs),
})

/** `newest` with whatever was learned here while it was on its way. */
export const joined = (newest: Line, here: Line): Line => ({
  by: newest.by,
  next: newest.next.map((at, i) => Math.max(at, here.next[i] ?? 0)),
  blockedUntil: Math.max(newest.blockedUntil, here.blockedUntil),
})

/** The window that an observation speaks of: the one with its limit, else the shortest that can still be running at the reset. */
export function observedWindow(
  windows: readonly SlotWindow[],
  { limit, resetAt }: RateObservation,
  now: Span,
): number {
  const byLimit = windows.findIndex((window) => window.limit === limit)
  if (byLimit >= 0 || windows.length === 1) return Math.max(0, byLimit)
  if (resetAt === undefined) return -1
  const running = windows
    .map(({ windowMs }, i) => ({ windowMs, i }))
    .toSorted((a, b) => a.windowMs - b.windowMs)
    .filter(({ windowMs }) => windowMs >= resetAt - now.latest)
  return running[0]?.i ?? -1
}

/**
 * The line after what the provider said, never earlier than before: `remaining` calls are spread over the last slots before
 * the reset, so that hearing the same twice changes nothing. `undefined` when it says nothing that matters.
 */
export function corrected(
  line: Line,
  seen: RateObservation,
  at: { readonly window: number; readonly stepMs: number; readonly windowMs: number; readonly now: Span },
): Line | undefined {
  const { now, stepMs, windowMs, window } = at
  const blockedUntil = Math.max(
    line.blockedUntil,
    Math.min(seen.blockedUntil ?? 0, now.latest + longestBlockMs),
  )
  const { remaining, resetAt } = seen
  const known = window >= 0 && remaining !== undefined && resetAt !== undefined
  const end = known ? Math.min(resetAt, now.latest + windowMs) : 0
  const target = known && remaining >= 0 ? Math.floor(end - remaining * stepMs) : 0
  const before = Math.max(line.next[window] ?? 0, now.earliest)
  const isLess = target > before + Math.max(stepMs, windowMs / 100)
  if (!isLess && blockedUntil - Math.max(line.blockedUntil, now.earliest) < 1_000) return undefined
  const next = line.next.map((free, i) => (i === window && isLess ? Math.max(free, target) : free))
  return { ...line, next, blockedUntil }
}

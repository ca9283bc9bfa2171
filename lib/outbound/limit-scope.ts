import type { Clock, EpochMs } from '../primitives/clock.ts'
import { assertCount, mostAtOnce, paceOf, type Pace, type SlotWindow } from '../primitives/time-slots.ts'
import { emptyLine, type Line } from './limit-line.ts'
import type { LimitScope, Priority } from './limiter.ts'
import { tokenPool, type TokenPool } from './token-pool.ts'

/** What one worker holds of one scope. */
export interface ScopeState {
  readonly scope: LimitScope
  readonly pool: TokenPool
  /** The line as last seen: it only moves on, so what it refuses is refused. */
  line: Line
  /** The stored line lies further ahead than it can. */
  isBent: boolean
  /** Tokens of the next lease. */
  size: number
  /** How soon after the last token was used another was wanted, milliseconds. */
  gapMs: number
  lastUse: number
  /** Leases in a row that came too late. */
  lost: number
  /** Until when a class need not ask, by the own clock. */
  readonly denied: Map<Priority, number>
  /** Smaller limits than the declared ones, as the provider has said, by window. */
  readonly lowered: Map<number, { readonly limit: number; readonly until: EpochMs }>
  flight: Promise<void> | undefined
  correctedAt: number
  /** The share of this worker alone while the store is down. */
  local: Line | undefined
}

/** @throws RangeError or TypeError for windows that can't be. */
export function scopeState(scope: LimitScope): ScopeState {
  if (scope.windows.length === 0) throw new RangeError('windows must have one entry at least')
  for (const window of scope.windows) paceOf(window)
  if (new Set(scope.windows.map(({ windowMs }) => windowMs)).size < scope.windows.length)
    throw new RangeError('windows must differ in windowMs')
  return {
    scope,
    pool: tokenPool(),
    line: emptyLine(scope.windows),
    isBent: false,
    size: 1,
    gapMs: Infinity,
    lastUse: 0,
    lost: 0,
    denied: new Map(),
    lowered: new Map(),
    flight: undefined,
    correctedAt: 0,
    local: undefined,
  }
}

export const windowsOf = ({ scope, lowered }: ScopeState, clock: Clock): readonly SlotWindow[] =>
  scope.windows.map((window, i) => {
    const less = lowered.get(i)
    return less && less.until > clock.now()
      ? { ...window, limit: Math.min(window.limit, less.limit) }
      : window
  })

export const pacesOf = (state: ScopeState, clock: Clock): readonly Pace[] =>
  windowsOf(state, clock).map(paceOf)

/** @throws RangeError for a cost that can never be met at once. */
export function assertCost(cost: number, { windows }: LimitScope): void {
  assertCount('cost', cost)
  const most = mostAtOnce(windows.map(paceOf))
  if (cost > most)
    throw new RangeError(`cost must be at most ${most}, which is what the windows allow at once`)
}

const largestLease = 50

/**
 * Grows by much while tokens are wanted as soon as they are used up, by little while soon after, and shrinks when they run
 * out unused; never more than a tenth of the smallest limit.
 */
export function sizeAfter({ size, gapMs, scope }: ScopeState, wasted: number): number {
  const most = Math.floor(Math.min(...scope.windows.map(({ limit }) => limit)) / 10)
  const grown = gapMs <= 50 ? size * 8 : gapMs <= 1_000 ? size * 2 : size
  return Math.max(1, Math.min(wasted > 0 ? Math.floor(size / 2) : grown, most, largestLease))
}

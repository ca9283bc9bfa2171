import { later, minutes } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import type { LimitDeps } from './limit-leasing.ts'
import { clamped, corrected, joined, observedWindow } from './limit-line.ts'
import { pacesOf, type ScopeState } from './limit-scope.ts'
import type { RateObservation } from './limiter.ts'

/** One worker tells the others at most this often. */
const pauseMs = 1_000
/** A smaller limit that the provider named counts this long. */
const lowered = minutes(10)

/** Lowers the line to what the provider said: here at once, for the others by a write in the background. */
export function observeRate(deps: LimitDeps, state: ScopeState, seen: RateObservation): void {
  const { clock, time } = deps
  noteLimit(deps, state, seen)
  const line = correction(deps, state, seen)
  if (!line) return
  if (Math.max(line.blockedUntil, ...line.next) > time.now().latest) state.pool.clear()
  state.line = line
  if (state.local) state.local = { ...state.local, blockedUntil: line.blockedUntil }
  if (clock.now() - state.correctedAt < pauseMs || state.flight) return
  state.correctedAt = clock.now()
  state.flight = tell(deps, state, seen)
    .catch(() => {})
    .finally(() => (state.flight = undefined))
}

function noteLimit(
  { clock, time }: LimitDeps,
  { scope, lowered: limits }: ScopeState,
  seen: RateObservation,
): void {
  const window = observedWindow(scope.windows, seen, time.now())
  const declared = scope.windows[window]?.limit ?? 0
  const { limit = declared } = seen
  if (limit >= 1 && limit < declared)
    limits.set(window, { limit: Math.floor(limit), until: later(clock.now(), lowered) })
}

function correction({ clock, time }: LimitDeps, state: ScopeState, seen: RateObservation) {
  const { windows } = state.scope
  const now = time.now()
  const window = observedWindow(windows, seen, now)
  const { stepMs = 0 } = pacesOf(state, clock)[window] ?? {}
  const at = { window, stepMs, windowMs: windows[window]?.windowMs ?? 0, now }
  return corrected(state.line, seen, at)
}

/** Whoever wrote in between may not have known: then the correction is made once more, on theirs. */
async function tell(deps: LimitDeps, state: ScopeState, seen: RateObservation): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const to = { ...state.line, by: token128(deps.random) }
    const answer = await deps.lines.swap(state.scope, state.line, to)
    if (answer.kind === 'written') {
      state.line = joined(to, state.line)
      return
    }
    state.line = clamped(answer.line, state.scope.windows, deps.time.now())
    state.line = correction(deps, state, seen) ?? state.line
  }
}

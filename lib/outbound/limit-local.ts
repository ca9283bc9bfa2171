import { ms } from '../primitives/clock.ts'
import { assertCount } from '../primitives/time-slots.ts'
import type { LimitDeps } from './limit-leasing.ts'
import { windowsOf, type ScopeState } from './limit-scope.ts'
import type { Taken } from './limiter.ts'

/**
 * A worker's own share while the store is down: the declared pace divided by the number of sandboxes there may be, without
 * a burst. Its first call comes at a random moment of its step, so that not all workers begin at once.
 */
export function takeLocally(deps: LimitDeps, state: ScopeState, cost: number): Taken {
  const { clock, random, maxSandboxes } = deps
  assertCount('cost', cost)
  const now = clock.now()
  const steps = windowsOf(state, clock).map(({ limit, windowMs }) => (windowMs / limit) * maxSandboxes)
  const local = (state.local ??= {
    by: undefined,
    next: steps.map((step) => now + random.fraction() * step),
    blockedUntil: state.line.blockedUntil,
  })
  const begins = Math.max(local.blockedUntil, ...local.next)
  if (begins > now) return { kind: 'wait', waitMs: ms(Math.ceil(begins - now)) }
  state.local = { ...local, next: steps.map((step) => now + step * cost) }
  return { kind: 'granted' }
}

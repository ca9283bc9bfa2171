import type { Breaker, Outcome } from '../outbound/breaker.ts'
import type { Limiter, LimitScope } from '../outbound/limiter.ts'
import { consecutiveFailures } from '../primitives/breaker-trip.ts'
import { circuitBreaker, type CircuitBreaker, type Pass } from '../primitives/circuit-breaker.ts'
import { ms, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import { gcraAll, type RateState } from '../primitives/gcra.ts'
import type { Random } from '../primitives/random.ts'

interface Standing {
  states: readonly (RateState | undefined)[]
  blockedUntil: number
}

/** The limits that are declared, counted in this process: the same answers as the shared limiter of one worker. */
export function virtualLimiter(clock: Clock): Limiter {
  const scopes = new Map<string, Standing>()
  const standingOf = ({ provider, scope, windows }: LimitScope): Standing => {
    const key = `${provider} ${scope}`
    const known = scopes.get(key) ?? { states: windows.map(() => undefined), blockedUntil: -Infinity }
    scopes.set(key, known)
    return known
  }
  return {
    take: async (scope, { cost = 1, signal }) => {
      signal?.throwIfAborted()
      const standing = standingOf(scope)
      const now = clock.now()
      if (standing.blockedUntil > now) return { kind: 'wait', waitMs: ms(standing.blockedUntil - now) }
      // A call that counts for more than there ever is waits for all of it.
      const most = Math.min(...scope.windows.map(({ limit, burst }) => burst ?? Math.max(1, limit)))
      const asked = gcraAll(standing.states, now, scope.windows, Math.min(cost, most))
      if (!asked.granted) return { kind: 'wait', waitMs: asked.waitMs }
      standing.states = asked.tats.map((tat) => ({ tat }))
      return { kind: 'granted' }
    },
    observe: (scope, { remaining, resetAt, blockedUntil }) => {
      const standing = standingOf(scope)
      const until: EpochMs | undefined = blockedUntil ?? (remaining === 0 ? resetAt : undefined)
      if (until !== undefined) standing.blockedUntil = Math.max(standing.blockedUntil, until)
    },
  }
}

/** A breaker for each key, in this process; it opens after five failures in a row. */
export function virtualBreaker(clock: Clock, random: Random): Breaker {
  const breakers = new Map<string, CircuitBreaker>()
  return {
    enter: async (key) => {
      const breaker = breakers.get(key) ?? circuitBreaker({ trip: consecutiveFailures(5) }, { clock, random })
      breakers.set(key, breaker)
      const pass = breaker.enter()
      if (pass.kind === 'open') return pass
      return {
        kind: 'pass',
        probe: pass.kind === 'probe',
        report: async (outcome) => {
          told(pass, outcome)
          return outcome === 'failure' ? untilAsked(breaker, clock.now()) : undefined
        },
      }
    },
  }
}

/** How long a breaker that is open by now stays so. */
function untilAsked(breaker: CircuitBreaker, now: EpochMs): Millis | undefined {
  return breaker.state.state === 'open' ? ms(Math.max(1, breaker.state.until - now)) : undefined
}

function told(pass: Pass, outcome: Outcome): void {
  if (outcome === 'success') pass.success()
  else if (outcome === 'failure') pass.failure()
  else pass.ignore()
}

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ms, type Clock, type Millis } from '../primitives/clock.ts'
import { raceSignal } from '../primitives/deadline.ts'
import type { Random } from '../primitives/random.ts'
import { assertCount } from '../primitives/time-slots.ts'
import { trueTime } from '../primitives/true-time.ts'
import { leaseTokens, rankOf, type LimitDeps, type Want } from './limit-leasing.ts'
import { dynamoLines } from './limit-lines.dynamo.ts'
import { takeLocally } from './limit-local.ts'
import { observeRate } from './limit-observing.ts'
import { assertCost, scopeState, type ScopeState } from './limit-scope.ts'
import type { Limiter, LimitScope, Taken } from './limiter.ts'

export interface DynamoLimiterOptions {
  /** From `lib/aws/dynamodb.ts`: its answers carry the server's time. Without that, the own clock counts as wrong by 30 s. */
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
  readonly clock: Clock
  readonly random: Random
  /** While the store is down, every worker keeps to the limit divided by this. 50 unless said. */
  readonly maxSandboxes?: number
  /** A store that takes longer than this counts as down. 500 ms unless said. */
  readonly requestMs?: Millis
}

/** Scopes in memory, the least used go first. */
const keepScopes = 1_000
const rounds = 3

/**
 * {@link Limiter} over all workers, by leases of slots on one line per scope, see `lib/primitives/time-slots.ts`. A lease
 * costs one conditional update, and a second one when another worker wrote since; a refusal costs one, or none where the
 * line last seen already says it.
 */
export function dynamoLimiter(options: DynamoLimiterOptions): Limiter {
  const { clock, random, requestMs = ms(500), maxSandboxes = 50 } = options
  assertCount('maxSandboxes', maxSandboxes)
  assertCount('requestMs', requestMs)
  const time = trueTime(clock)
  const lines = dynamoLines({ ...options, time, requestMs })
  const deps: LimitDeps = { clock, random, time, lines, maxSandboxes, store: { downUntil: 0, failures: 0 } }
  const stateOf = keeper()
  return {
    async take(scope, { priority, cost = 1, signal }) {
      signal?.throwIfAborted()
      const state = stateOf(scope)
      assertCost(cost, scope)
      return take(deps, state, { priority, cost, signal })
    },
    observe: (scope, seen) => observeRate(deps, stateOf(scope), seen),
  }
}

function keeper(): (scope: LimitScope) => ScopeState {
  const scopes = new Map<string, ScopeState>()
  return (scope) => {
    const key = JSON.stringify([scope.provider, scope.scope, scope.windows])
    const state = scopes.get(key) ?? scopeState(scope)
    scopes.delete(key)
    scopes.set(key, state)
    for (const oldest of scopes.keys()) if (scopes.size > keepScopes) scopes.delete(oldest)
    return state
  }
}

const granted: Taken = { kind: 'granted' }
const wait = (waitMs: number): Taken => ({ kind: 'wait', waitMs: ms(Math.max(1, Math.ceil(waitMs))) })

async function take(deps: LimitDeps, state: ScopeState, want: Want): Promise<Taken> {
  const { clock, time, random, store } = deps
  for (let round = 0; round < rounds; round += 1) {
    const found = state.pool.take(want.cost, rankOf(want.priority), time.now())
    if (found === 'taken') {
      state.lastUse = clock.now()
      return granted
    }
    if (found !== undefined) return wait(found)
    state.gapMs = Math.min(state.gapMs, clock.now() - state.lastUse)
    if (store.downUntil > clock.now()) {
      // One lost request is no outage: the others still use the whole limit, so a share of one's own would be on top of it.
      if (store.failures < 2) return wait(store.downUntil - clock.now())
      return takeLocally(deps, state, want.cost)
    }
    const pause = (state.denied.get(want.priority) ?? 0) - clock.now()
    if (pause > 0) return wait(pause)
    state.flight ??= leaseTokens(deps, state, want).finally(() => (state.flight = undefined))
    await (want.signal ? raceSignal(state.flight, want.signal) : state.flight)
  }
  return wait(random.fraction() * 100)
}

import { fullJitter } from '../primitives/backoff.ts'
import { ms, type Clock, type Millis } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import { leaseSlots, type SlotLease } from '../primitives/time-slots.ts'
import type { TrueTime } from '../primitives/true-time.ts'
import { clamped, joined, type Line } from './limit-line.ts'
import type { LimitLines } from './limit-lines.ts'
import { pacesOf, sizeAfter, type ScopeState } from './limit-scope.ts'
import type { Priority } from './limiter.ts'

/** What leasing needs, and what it knows of its store. */
export interface LimitDeps {
  readonly clock: Clock
  readonly random: Random
  readonly time: TrueTime
  readonly lines: LimitLines
  readonly maxSandboxes: number
  readonly store: { downUntil: number; failures: number }
}

export interface Want {
  readonly priority: Priority
  readonly cost: number
  readonly signal: AbortSignal | undefined
}

/**
 * How far into the future each class leases: its first token, and all of them. What lies beyond is kept for the higher
 * classes, so a lower one alone makes a higher one wait for its own reach and a slot at most, and gets nothing while the
 * higher ones use everything. Who lost a race keeps away for a turn, doubled with each one lost, for the spread at most.
 */
const reach = {
  interactive: { rank: 0, startMs: 4_000, reachMs: 7_000, turnMs: 1_000, spreadMs: 120_000 },
  refresh: { rank: 1, startMs: 2_000, reachMs: 5_000, turnMs: 2_000, spreadMs: 120_000 },
  poll: { rank: 2, startMs: 1_000, reachMs: 4_000, turnMs: 4_000, spreadMs: 120_000 },
  backfill: { rank: 3, startMs: 0, reachMs: 1_500, turnMs: 4_000, spreadMs: 120_000 },
} as const satisfies Record<Priority, object>

const tries = 3
const storePause = { baseMs: 1_000, capMs: 30_000 }

export const rankOf = (priority: Priority): number => reach[priority].rank

/** Fills the pool, or notes until when this class need not ask again. Never throws: a store that fails is noted as down. */
export async function leaseTokens(deps: LimitDeps, state: ScopeState, want: Want): Promise<void> {
  const { random, time, lines } = deps
  const { scope } = state
  const size = sizeAfter(state, state.pool.wasted(time.now()))
  let asked = false
  if (state.line.by === undefined) {
    const line = await answered(deps, () => lines.read(scope))
    if (!line) return
    hear(deps, state, line)
    asked = true
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const lease = plan(deps, state, want, size)
    if (lease.tokens.length < want.cost) {
      if (state.isBent) await straighten(deps, state)
      return refuse(deps, state, want, lease.waitMs + (asked ? keepAway(deps, state, want) : 0))
    }
    const to = { by: token128(random), next: lease.next, blockedUntil: state.line.blockedUntil }
    const answer = await answered(deps, () => lines.swap(scope, state.line, to))
    if (!answer) return
    hear(deps, state, answer.kind === 'written' ? to : answer.line)
    asked = true
    if (answer.kind === 'moved') continue
    state.local = undefined
    state.pool.add(lease.tokens, reach[want.priority].rank)
    Object.assign(state, { size, gapMs: Infinity, lost: Math.max(0, state.lost - 1) })
    return
  }
  refuse(deps, state, want, keepAway(deps, state, want))
}

function plan(
  { clock, time }: LimitDeps,
  state: ScopeState,
  { priority, cost }: Want,
  size: number,
): SlotLease {
  const { next, blockedUntil } = state.line
  const free = next.map((at) => Math.max(at, blockedUntil))
  const { startMs, reachMs } = reach[priority]
  return leaseSlots(pacesOf(state, clock), free, time.now(), {
    tokens: Math.max(size, cost),
    startMs,
    reachMs,
  })
}

/** Takes over the line that stands now, as far as it can be true. */
function hear({ time }: LimitDeps, state: ScopeState, newest: Line): void {
  const straight = clamped(newest, state.scope.windows, time.now())
  state.isBent =
    straight.blockedUntil < newest.blockedUntil || straight.next.some((at, i) => at < (newest.next[i] ?? 0))
  state.line = joined(straight, state.line)
}

/** A line that no honest worker wrote is cut for all: else every new one would begin to wait anew. */
async function straighten(deps: LimitDeps, state: ScopeState): Promise<void> {
  const to = { ...state.line, by: token128(deps.random) }
  const answer = await answered(deps, () => deps.lines.swap(state.scope, state.line, to))
  if (answer) hear(deps, state, answer.kind === 'written' ? to : answer.line)
}

/** A cost of several is only met when so many slots are in reach together. */
function refuse({ clock }: LimitDeps, state: ScopeState, { priority, cost }: Want, waitMs: number): void {
  const more = Math.max(...pacesOf(state, clock).map(({ stepMs }) => stepMs)) * (cost - 1)
  state.denied.set(priority, clock.now() + waitMs + more)
}

/** Between half and all of a time that doubles with every race lost, so that a crowd asks about as often as it can be served. */
function keepAway({ clock, random }: LimitDeps, state: ScopeState, { priority }: Want): Millis {
  state.lost = Math.min(state.lost + 1, 10)
  const step = Math.max(...pacesOf(state, clock).map(({ stepMs }) => stepMs))
  const turnMs = Math.max(reach[priority].turnMs, step * state.size) * 2 ** (state.lost - 1)
  const capMs = Math.min(turnMs, reach[priority].spreadMs) / 2
  return ms(capMs + fullJitter({ baseMs: capMs, capMs }, 1, random))
}

/** What the store answered; `undefined` when it did not, and then it is left alone for a while. */
async function answered<T>(
  { clock, random, store }: LimitDeps,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await ask()
    store.failures = 0
    return answer
  } catch {
    store.failures += 1
    store.downUntil = clock.now() + storePause.baseMs + fullJitter(storePause, store.failures, random)
    return undefined
  }
}

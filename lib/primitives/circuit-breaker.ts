import {
  checkBreakerPolicy,
  closedBreaker,
  defaultBreakerPolicy,
  entered,
  opened,
  proved,
  readBreaker,
  unproved,
  type BreakerPolicy,
  type BreakerState,
} from './breaker-state.ts'
import type { Trip } from './breaker-trip.ts'
import { isPast, type Clock, type Millis } from './clock.ts'
import type { Random } from './random.ts'

/** Leave to make one call. Report its outcome exactly once. */
export interface Pass {
  readonly kind: 'closed' | 'probe'
  success(): void
  failure(): void
  /** The outcome says nothing about the host: the caller aborted, or the answer was the caller's own fault (429 and other 4xx). */
  ignore(): void
}

export interface CircuitBreaker {
  /** What is so now, as plain data: keep it and give it to the next breaker as `initial`. The outcomes counted so far are not in it. */
  readonly state: BreakerState
  enter(): Pass | { readonly kind: 'open'; readonly retryAfterMs: Millis }
  /** Runs `task` when a call may leave; throws {@link CircuitOpenError} when not. Errors that are no failures are ignored. */
  run<T>(task: () => Promise<T>): Promise<T>
  /** Whether an error speaks against the host. */
  isFailure(error: unknown): boolean
}

export interface CircuitBreakerOptions extends Partial<BreakerPolicy> {
  /** `consecutiveFailures(5)` or `failureRate({ threshold: 0.5, windowMs: 60_000, minimum: 20 })`. */
  readonly trip: () => Trip
  /** Whether an error of {@link CircuitBreaker.run} speaks against the host. By default every error but an `AbortError`. */
  readonly isFailure?: (error: unknown) => boolean
  readonly initial?: BreakerState
}

/** The breaker is open; nothing was sent. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
  /** When a probe may leave at the earliest, milliseconds from now. */
  readonly retryAfterMs: Millis

  constructor(retryAfterMs: Millis) {
    super(`the circuit is open for another ${retryAfterMs} ms`)
    this.retryAfterMs = retryAfterMs
  }
}

const unlessAborted = (error: unknown): boolean => !(error instanceof Error && error.name === 'AbortError')

interface Deps {
  readonly clock: Clock
  readonly random: Random
}

/**
 * Stops calling a host that fails, and asks again with a few probes (I25). A closed breaker hands out one and the same pass and
 * reads no clock for it; a report that comes after the breaker has moved on counts for nothing.
 */
export function circuitBreaker(options: CircuitBreakerOptions, deps: Deps): CircuitBreaker {
  const { isFailure = unlessAborted, open, probes } = options
  const policy = { open: open ?? defaultBreakerPolicy.open, probes: probes ?? defaultBreakerPolicy.probes }
  checkBreakerPolicy(policy)
  const { enter, state } = machineOf(options, policy, deps)
  return {
    get state() {
      return state()
    },
    enter,
    isFailure: (error) => isFailure(error),
    async run(task) {
      const pass = enter()
      if (pass.kind === 'open') throw new CircuitOpenError(pass.retryAfterMs)
      try {
        const value = await task()
        pass.success()
        return value
      } catch (error) {
        if (isFailure(error)) pass.failure()
        else pass.ignore()
        throw error
      }
    },
  }
}

function machineOf(
  options: CircuitBreakerOptions,
  policy: BreakerPolicy,
  { clock, random }: Deps,
): { state: () => BreakerState; enter: CircuitBreaker['enter'] } {
  const trip = options.trip()
  let state = options.initial ?? closedBreaker
  /** A pass of an earlier epoch is a stranger. */
  let epoch = 0

  const moveTo = (next: BreakerState): void => {
    const moved = next.state !== state.state
    state = next
    if (!moved) return
    epoch += 1
    if (next.state !== 'closed') return
    trip.clear()
    closedPass = closedPassOf(epoch)
  }
  const open = (): void => moveTo(opened(state, clock.now(), policy, random))
  const closedPassOf = (made: number): Pass => ({
    kind: 'closed',
    success: () => {
      if (made === epoch) trip.success(clock)
    },
    failure: () => {
      if (made === epoch && trip.failure(clock)) open()
    },
    ignore: () => {},
  })
  let closedPass = closedPassOf(epoch)

  const enter: CircuitBreaker['enter'] = () => {
    if (state.state === 'closed') return closedPass
    const now = clock.now()
    state = readBreaker(state, now, policy)
    // Probes of a half-open time that ran out are strangers to the next one.
    if (state.state === 'half_open' && isPast(state.until, now)) epoch += 1
    const entry = entered(state, now, policy)
    moveTo(entry.state)
    if (entry.kind === 'open') return entry
    const made = epoch
    return probe((step) => {
      if (made !== epoch) return
      if (step === 'success') moveTo(proved(state, clock.now(), policy))
      else if (step === 'failure') open()
      else moveTo(unproved(state, policy))
    })
  }
  return { state: () => readBreaker(state, clock.now(), policy), enter }
}

/** A pass whose first report counts, and no other. */
function probe(report: (step: 'success' | 'failure' | 'ignore') => void): Pass {
  let spent = false
  const once = (step: 'success' | 'failure' | 'ignore'): void => {
    if (!spent) report(step)
    spent = true
  }
  return {
    kind: 'probe',
    success: () => once('success'),
    failure: () => once('failure'),
    ignore: () => once('ignore'),
  }
}

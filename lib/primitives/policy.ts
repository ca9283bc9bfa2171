import type { Bulkhead } from './bulkhead.ts'
import { CircuitOpenError, type CircuitBreaker, type Pass } from './circuit-breaker.ts'
import { elapsed, later, type Clock, type EpochMs, type Millis } from './clock.ts'
import { timerMs } from './options.ts'
import { checkRetry, nextWait, type Attempt, type RetryDeps, type RetryPolicy } from './retry.ts'
import { endWatch, raceWatch, startWatch, type Watch } from './timeout.ts'
import type { LocalLimiter } from './waiting-line.ts'

/**
 * How calls to one host are made. Each part is optional and costs nothing when it is not there. From the outside in: the total
 * time, the retries, and for each attempt its own time, its turn at the limiter, its place in the bulkhead, the breaker.
 */
export interface PolicyOptions {
  /** The whole call, every attempt and wait included, milliseconds. */
  readonly within?: Millis
  /** One attempt, its waiting for a turn included, milliseconds. */
  readonly each?: Millis
  readonly retry?: RetryPolicy
  readonly limiter?: Pick<LocalLimiter, 'take'>
  readonly bulkhead?: Bulkhead
  /** An open circuit ends the call at once, whatever attempts are left. */
  readonly breaker?: CircuitBreaker
}

export interface Call {
  readonly signal?: AbortSignal
  /** What the call costs at the limiter, 1 by default. */
  readonly cost?: number
  /** Its rank in the bulkhead's queue; the lowest goes first, 0 by default. */
  readonly rank?: number
}

/** Makes one call by a policy. Rejects with the last attempt's error as it is, or with `TimeoutError`, `CircuitOpenError`, `BulkheadFullError`, or the signal's reason. */
export type Caller<Signal extends AbortSignal | undefined = AbortSignal | undefined> = <T>(
  task: (attempt: Attempt<Signal>) => Promise<T>,
  call?: Call,
) => Promise<T>

type Timed = { readonly within: Millis } | { readonly each: Millis }

const plain: Call = {}

/**
 * Puts the parts together once; the function it returns is called for each call. An attempt has one signal and one timer, and
 * neither when there is no time limit and the caller has no signal.
 * @example
 * const call = policy({ within: timeouts.read, retry, breaker }, { clock, random })
 * const answer = await call(({ signal }) => fetch(url, { signal }))
 */
export function policy(options: PolicyOptions & Timed, deps: RetryDeps): Caller<AbortSignal>
export function policy(options: PolicyOptions, deps: RetryDeps): Caller
export function policy(options: PolicyOptions, deps: RetryDeps): Caller {
  check(options)
  const { within, retry, limiter, bulkhead, breaker } = options
  return async (task, call = plain) => {
    const { signal } = call
    // A call that is never repeated needs no instant: its one timer is enough.
    const deadline = within !== undefined && retry ? later(deps.clock.now(), within) : undefined
    if (retry?.budget) retry.budget.of.request(retry.budget.host)
    let previous: Millis | undefined
    for (let number = 1; ; number += 1) {
      signal?.throwIfAborted()
      const watch = watchOf(options, number === 1 ? undefined : deadline, signal, deps.clock)
      const attempt = { number, signal: watch?.controller.signal }
      let placed = false
      let pass: Pass | undefined
      try {
        if (limiter) await limiter.take(call.cost, attempt.signal)
        if (bulkhead) {
          await bulkhead.enter({ signal: attempt.signal, rank: call.rank })
          placed = true
        }
        if (breaker) pass = passThrough(breaker)
        const work = task(attempt)
        const value = await (watch ? raceWatch(watch, work) : work)
        pass?.success()
        return value
      } catch (error) {
        if (pass && breaker) tell(pass, breaker, error, signal)
        if (!retry || signal?.aborted || error instanceof CircuitOpenError) throw error
        previous = nextWait(error, { attempt: number, previous, deadline }, retry, deps)
        if (previous === undefined) throw error
      } finally {
        if (watch) endWatch(watch)
        if (placed) bulkhead?.leave()
      }
      await deps.clock.sleep(previous, signal)
    }
  }
}

function check({ within, each, retry }: PolicyOptions): void {
  if (within !== undefined) timerMs('within', within)
  if (each !== undefined) timerMs('each', each)
  if (retry) checkRetry(retry)
}

/** The nearer of both limits. `deadline` is given once time has been spent. */
function watchOf(
  { within, each }: PolicyOptions,
  deadline: EpochMs | undefined,
  signal: AbortSignal | undefined,
  clock: Clock,
): Watch | undefined {
  const left = deadline === undefined ? within : Math.max(1, elapsed(clock.now(), deadline))
  const eachIsNearer = each !== undefined && (left === undefined || each < left)
  const limit = eachIsNearer ? each : left
  if (limit === undefined && !signal) return undefined
  return startWatch(limit, signal, clock, eachIsNearer ? each : within)
}

function passThrough(breaker: CircuitBreaker): Pass {
  const pass = breaker.enter()
  if (pass.kind === 'open') throw new CircuitOpenError(pass.retryAfterMs)
  return pass
}

/** An attempt that ran out of time speaks against the host; one that the caller aborted says nothing. */
function tell(pass: Pass, breaker: CircuitBreaker, error: unknown, signal: AbortSignal | undefined): void {
  if (!signal?.aborted && breaker.isFailure(error)) pass.failure()
  else pass.ignore()
}

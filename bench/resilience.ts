import Bottleneck from 'bottleneck'
import * as cockatiel from 'cockatiel'
import { RateLimiter } from 'limiter'
import Opossum from 'opossum'
import pRetry from 'p-retry'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { consecutiveFailures, failureRate } from '#lib/primitives/breaker-trip.ts'
import { circuitBreaker } from '#lib/primitives/circuit-breaker.ts'
import { ms, seconds, systemClock } from '#lib/primitives/clock.ts'
import { policy } from '#lib/primitives/policy.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { retry } from '#lib/primitives/retry.ts'
import { slidingWindow } from '#lib/primitives/sliding-window.ts'
import { withTimeout } from '#lib/primitives/timeout.ts'
import { tokenBucket } from '#lib/primitives/token-bucket.ts'
import { interleaved, type Case } from './measure.ts'
import { fixed, table } from './table.ts'

const clock = systemClock
const deps = { clock, random: systemRandom }
const limitMs = seconds(5)
const attempts = 4
const openMs = 30_000
const backoff = { baseMs: 100, capMs: 10_000 }
const retryPolicy = { attempts, backoff }

/** The work that every primitive wraps: an answer that is there at once. */
const work = (): Promise<number> => Promise.resolve(1)
/** The same, of a task that looks at its signal as `fetch` does. */
const listening = (signal: AbortSignal | undefined): Promise<number> =>
  Promise.resolve(signal?.aborted === false ? 1 : 0)

/**
 * What each primitive costs a call in which nothing fails, against the packages that do the same, within one run. The first row
 * of each group is Sluice's: a speed above 1 is faster than Sluice.
 */
export async function benchResilience(): Promise<string> {
  const rows: string[][] = []
  for (const [group, cases] of Object.entries(groups())) {
    for (const { run, name } of cases)
      if ((await run()) !== 1) throw new Error(`${name} lost the answer: the bench measures nothing`)
    const timings = await interleaved(cases, { rounds: 21, sliceMs: 20 })
    for (const { name, microsPerRun, speed } of timings)
      rows.push([`${group.padEnd(8)}  ${name}`, fixed(microsPerRun), fixed(speed)])
  }
  return table(['no failure', 'us', 'speed, sluice = 1'], rows)
}

function groups(): Record<string, Case[]> {
  return {
    retry: retryCases(),
    breaker: breakerCases(),
    timeout: timeoutCases(),
    limiter: limiterCases(),
    policy: policyCases(),
    'by hand': byHandCases(),
  }
}

function retryCases(): Case[] {
  const theirs = cockatielRetry()
  return [
    { name: 'sluice retry', run: () => retry(work, retryPolicy, deps) },
    { name: 'cockatiel retry', run: () => theirs.execute(work) },
    { name: 'p-retry', run: () => pRetry(work, { retries: attempts - 1 }) },
    { name: 'a loop by hand', run: () => retryByHand(work) },
  ]
}

function breakerCases(): Case[] {
  const inARow = circuitBreaker({ trip: consecutiveFailures(5) }, deps)
  const rate = circuitBreaker({ trip: failureRate({ threshold: 0.5, windowMs: 60_000, minimum: 20 }) }, deps)
  const theirs = cockatielBreaker(new cockatiel.ConsecutiveBreaker(5))
  const theirRate = cockatielBreaker(new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 60_000 }))
  const opossum = new Opossum(work, { timeout: false, resetTimeout: openMs })
  return [
    { name: 'sluice, failures in a row', run: () => inARow.run(work) },
    { name: 'sluice, failure rate', run: () => rate.run(work) },
    { name: 'cockatiel, failures in a row', run: () => theirs.execute(work) },
    { name: 'cockatiel, failure rate', run: () => theirRate.execute(work) },
    { name: 'opossum (failure rate)', run: () => opossum.fire() },
  ]
}

function timeoutCases(): Case[] {
  const cooperative = cockatiel.timeout(limitMs, cockatiel.TimeoutStrategy.Cooperative)
  const aggressive = cockatiel.timeout(limitMs, cockatiel.TimeoutStrategy.Aggressive)
  const opossum = new Opossum(work, { timeout: limitMs, resetTimeout: openMs })
  return [
    { name: 'sluice withTimeout', run: () => withTimeout(listening, limitMs, deps) },
    { name: 'cockatiel, cooperative', run: () => cooperative.execute(({ signal }) => listening(signal)) },
    { name: 'cockatiel, aggressive', run: () => aggressive.execute(({ signal }) => listening(signal)) },
    { name: 'opossum (with its breaker, no signal)', run: () => opossum.fire() },
    { name: 'by hand', run: () => timeoutByHand(listening) },
  ]
}

/** Limits that are never reached, so that only the counting is timed. */
function limiterCases(): Case[] {
  const limit = 1e12
  const bucket = tokenBucket({ limit, windowMs: 3_600_000 }, deps)
  const window = slidingWindow({ limit: 1_000_000, windowMs: 1 }, deps)
  const limiter = new RateLimiter({ tokensPerInterval: limit, interval: 'hour' })
  const flexible = new RateLimiterMemory({ points: limit, duration: 3_600 })
  const bottleneck = new Bottleneck({ maxConcurrent: 50 })
  return [
    { name: 'sluice token bucket', run: () => bucket.take().then(work) },
    { name: 'sluice sliding window', run: () => window.take().then(work) },
    { name: 'limiter', run: () => limiter.removeTokens(1).then(work) },
    { name: 'rate-limiter-flexible, memory', run: () => flexible.consume('host').then(work) },
    { name: 'bottleneck', run: () => bottleneck.schedule(work) },
  ]
}

function policyCases(): Case[] {
  const theirs = cockatiel.wrap(
    cockatielRetry(),
    cockatielBreaker(new cockatiel.ConsecutiveBreaker(5)),
    cockatiel.timeout(limitMs, cockatiel.TimeoutStrategy.Cooperative),
  )
  return [
    sluicePolicy(),
    { name: 'cockatiel wrap of the same', run: () => theirs.execute(({ signal }) => listening(signal)) },
  ]
}

/** Apart from the group before, so that nobody pays for the garbage that cockatiel leaves. */
function byHandCases(): Case[] {
  const byHand = policyByHand()
  return [sluicePolicy(), { name: 'a loop by hand', run: () => byHand(listening) }]
}

function sluicePolicy(): Case {
  const breaker = circuitBreaker({ trip: consecutiveFailures(5) }, deps)
  const call = policy({ within: limitMs, retry: retryPolicy, breaker }, deps)
  return { name: 'sluice, retry + breaker + timeout', run: () => call(({ signal }) => listening(signal)) }
}

const cockatielRetry = (): cockatiel.RetryPolicy =>
  cockatiel.retry(cockatiel.handleAll, {
    maxAttempts: attempts - 1,
    backoff: new cockatiel.ExponentialBackoff({ initialDelay: backoff.baseMs, maxDelay: backoff.capMs }),
  })

const cockatielBreaker = (
  breaker: cockatiel.ConsecutiveBreaker | cockatiel.SamplingBreaker,
): cockatiel.CircuitBreakerPolicy =>
  cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: openMs, breaker })

async function retryByHand<T>(task: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await task()
    } catch (error) {
      if (number === attempts) throw error
    }
    await clock.sleep(ms(Math.random() * backoff.baseMs * 2 ** number))
  }
}

async function timeoutByHand<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error('timed out')), limitMs)
  try {
    return await task(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** What one would write for a single host without a library: the three jobs in one loop, nothing to configure. */
function policyByHand(): <T>(task: (signal: AbortSignal) => Promise<T>) => Promise<T> {
  let failures = 0
  let openUntil = 0
  return async (task) => {
    for (let number = 1; ; number += 1) {
      if (openUntil > 0 && Date.now() < openUntil) throw new Error('the circuit is open')
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(new Error('timed out')), limitMs)
      try {
        const value = await task(controller.signal)
        failures = 0
        openUntil = 0
        return value
      } catch (error) {
        failures += 1
        if (failures >= 5) openUntil = Date.now() + openMs
        if (number === attempts) throw error
      } finally {
        clearTimeout(timer)
      }
      await clock.sleep(ms(Math.random() * backoff.baseMs * 2 ** number))
    }
  }
}

import { describe, expect, test } from 'vitest'
import { consecutiveFailures } from '#lib/primitives/breaker-trip.ts'
import { bulkhead } from '#lib/primitives/bulkhead.ts'
import { circuitBreaker, CircuitOpenError } from '#lib/primitives/circuit-breaker.ts'
import { ms } from '#lib/primitives/clock.ts'
import { policy, type PolicyOptions } from '#lib/primitives/policy.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import type { Attempt } from '#lib/primitives/retry.ts'
import { TimeoutError } from '#lib/primitives/timeout.ts'
import { tokenBucket } from '#lib/primitives/token-bucket.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const random = { bytes: (n: number) => new Uint8Array(n), fraction: () => 0.999_999 }
const backoff = { baseMs: 100, capMs: 1_000 }
const never = (): Promise<never> => new Promise(() => {})

function given(make: (deps: Parameters<typeof policy>[1]) => PolicyOptions) {
  const clock = virtualClock()
  const deps = { clock, random }
  const options = make(deps)
  return { clock, call: policy(options, deps), breaker: options.breaker }
}

/** A breaker that opens at its second failure in a row. */
const breakerOf = (deps: Parameters<typeof policy>[1]) =>
  circuitBreaker({ trip: consecutiveFailures(2), open: { baseMs: 1_000, capMs: 60_000 } }, deps)

/** A promise whose failure is looked at later. */
function kept<T>(result: Promise<T>): Promise<T> {
  result.catch(() => {})
  return result
}

describe('a policy', () => {
  test('without parts is the task alone: no timer and no signal', async () => {
    const { clock, call } = given(() => ({}))
    expect(await call(async (attempt) => attempt)).toEqual({ number: 1, signal: undefined })
    expect(clock.waiting).toBe(0)
  })

  test('retries with a signal of its own for each attempt', async () => {
    const { clock, call } = given(() => ({ each: ms(500), retry: { attempts: 3, backoff } }))
    const seen: Attempt[] = []
    const result = kept(
      call(async (attempt) => {
        seen.push(attempt)
        return attempt.number < 3 ? never() : attempt.number
      }),
    )
    await clock.advance(10_000)
    expect(await result).toBe(3)
    expect(seen.map(({ signal }) => signal?.aborted)).toEqual([true, true, false])
    expect(seen[0]?.signal?.reason).toMatchObject({ name: 'TimeoutError', limitMs: 500 })
  })

  test('is over when its time is, whatever attempts are left', async () => {
    const { clock, call } = given(() => ({
      within: ms(1_000),
      each: ms(400),
      retry: { attempts: 9, backoff },
    }))
    let attempts = 0
    const result = kept(call(() => ((attempts += 1), never())))
    await clock.advance(999)
    expect(attempts).toBe(2)
    await clock.advance(1)
    await expect(result).rejects.toBeInstanceOf(TimeoutError)
    expect(clock.waiting).toBe(0)
  })

  test('gives the rest of its time to the last attempt and names the whole of it', async () => {
    const { clock, call } = given(() => ({ within: ms(1_000), retry: { attempts: 2, backoff } }))
    const result = kept(
      call(async ({ number }) => {
        if (number === 1) throw new Error('down')
        return never()
      }),
    )
    await clock.advance(999)
    const before = clock.waiting
    await clock.advance(1)
    await expect(result).rejects.toMatchObject({ name: 'TimeoutError', limitMs: 1_000 })
    expect([before, clock.waiting]).toEqual([1, 0])
  })

  test('never has more than one timer', async () => {
    const { clock, call } = given(() => ({
      within: ms(5_000),
      each: ms(400),
      retry: { attempts: 3, backoff },
    }))
    const most: number[] = []
    const result = kept(
      call(async () => {
        most.push(clock.waiting)
        throw new Error('down')
      }),
    )
    await clock.advance(10_000)
    await expect(result).rejects.toThrow('down')
    expect(most).toEqual([1, 1, 1])
  })

  test('ends with the signal of its caller, in an attempt and between two', async () => {
    for (const at of [50, 600]) {
      const { clock, call } = given(() => ({
        each: ms(500),
        retry: { attempts: 3, backoff: { baseMs: 900, capMs: 900 } },
      }))
      const controller = new AbortController()
      let attempts = 0
      const result = kept(call(() => ((attempts += 1), never()), { signal: controller.signal }))
      await clock.advance(at)
      controller.abort(new Error('client went away'))
      await expect(result).rejects.toThrow('client went away')
      await clock.advance(10_000)
      expect([attempts, clock.waiting]).toEqual([1, 0])
    }
  })

  test('lets nothing leave under a signal that has aborted', async () => {
    const { call } = given(() => ({}))
    let left = false
    const result = call(async () => void (left = true), { signal: AbortSignal.abort(new Error('too late')) })
    await expect(result).rejects.toThrow('too late')
    expect(left).toBe(false)
  })

  test.each<[string, PolicyOptions]>([
    ['within', { within: ms(0) }],
    ['within', { within: ms(2 ** 31) }],
    ['each', { each: ms(Number.NaN) }],
    ['attempts', { retry: { attempts: 0, backoff } }],
  ])('refuses %s out of bounds when it is made: %o (B102)', (name, wrong) => {
    expect(() => given(() => wrong)).toThrow(name)
  })
})

describe('the breaker of a policy', () => {
  test('hears of every attempt, and ends the call once it is open', async () => {
    const { clock, call } = given((deps) => ({ retry: { attempts: 9, backoff }, breaker: breakerOf(deps) }))
    let attempts = 0
    const failing = async (): Promise<never> => {
      attempts += 1
      throw new Error('down')
    }
    const result = kept(call(failing))
    await clock.advance(10_000)
    await expect(result).rejects.toBeInstanceOf(CircuitOpenError)
    expect(attempts).toBe(2)
  })

  test('hears of an attempt out of time as of a failure, even when the task ignores its signal', async () => {
    const { clock, call, breaker } = given((deps) => ({ within: ms(100), breaker: breakerOf(deps) }))
    const results = [kept(call(never)), kept(call(never))]
    await clock.advance(100)
    await expect(results[0]).rejects.toBeInstanceOf(TimeoutError)
    expect(breaker?.state.state).toBe('open')
  })

  test('hears nothing of a call that its caller aborted', async () => {
    const { call, breaker } = given((deps) => ({ breaker: breakerOf(deps) }))
    for (let i = 0; i < 5; i += 1) {
      const controller = new AbortController()
      const result = kept(call(never, { signal: controller.signal }))
      controller.abort(new Error('enough'))
      await expect(result).rejects.toThrow('enough')
    }
    expect(breaker?.state.state).toBe('closed')
  })
})

describe('the queues of a policy', () => {
  test('the limiter is asked before each attempt, and its wait is within the time of the call', async () => {
    const { clock, call } = given((deps) => ({
      within: ms(1_500),
      limiter: tokenBucket({ limit: 1, windowMs: 1_000 }, deps),
    }))
    const results = [1, 2, 3].map(() => kept(call(async () => clock.now())))
    const [first, second] = [await results[0], clock.advance(1_000).then(() => results[1])]
    expect(((await second) ?? 0) - (first ?? 0)).toBe(1_000)
    await clock.advance(500)
    await expect(results[2]).rejects.toBeInstanceOf(TimeoutError)
    expect(clock.waiting).toBe(0)
  })

  test('a place in the bulkhead is given back before a wait, and when the task ignores the end of its time', async () => {
    const wall = bulkhead({ limit: 1, queue: 5 })
    const { clock, call } = given(() => ({ each: ms(100), retry: { attempts: 2, backoff }, bulkhead: wall }))
    const slow = kept(call(never))
    await clock.advance(100)
    expect(wall.active).toBe(0)
    expect(await call(async () => 'next')).toBe('next')
    await clock.advance(1_000)
    await expect(slow).rejects.toBeInstanceOf(TimeoutError)
    expect(wall.active).toBe(0)
  })

  test('a call that gives up in the queue leaves it', async () => {
    const wall = bulkhead({ limit: 1, queue: 5 })
    const { clock, call } = given(() => ({ within: ms(100), bulkhead: wall }))
    await wall.enter()
    const result = kept(call(async () => 1))
    await clock.advance(100)
    await expect(result).rejects.toBeInstanceOf(TimeoutError)
    expect([wall.active, wall.waiting]).toEqual([1, 0])
  })
})

test('nested policies share one budget, so that their retries do not multiply (F67)', async () => {
  const clock = virtualClock()
  const of = retryBudget({ ratio: 0.1, minPerWindow: 2, windowMs: 600_000, clock })
  const retry = { attempts: 3, backoff, budget: { of, host: 'api.example.com' } }
  const inner = policy({ retry }, { clock, random })
  const outer = policy({ retry: { ...retry, attempts: 10 } }, { clock, random })
  let sent = 0
  for (let i = 0; i < 100; i += 1) {
    const result = kept(
      outer(() =>
        inner(async () => {
          sent += 1
          throw new Error('down')
        }),
      ),
    )
    await clock.advance(100)
    await clock.advance(5_000)
    await expect(result).rejects.toThrow('down')
  }
  // Both layers announce the request, so that each of the hundred counts twice.
  expect(sent).toBeLessThanOrEqual(100 + 2 + 0.1 * 200)
})

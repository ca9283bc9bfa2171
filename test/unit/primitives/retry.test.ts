import { describe, expect, test } from 'vitest'
import { decorrelatedJitter, equalJitter } from '#lib/primitives/backoff.ts'
import { later, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { retry, type RetryOptions } from '#lib/primitives/retry.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const always = (fraction: number) => ({ bytes: (n: number) => new Uint8Array(n), fraction: () => fraction })
const backoff = { baseMs: 100, capMs: 1_000 }

/** A task that fails `failures` times; records the instant of each attempt, from 0. */
function given(failures: number, error: (attempt: number) => unknown = (n) => new Error(`no ${n}`)) {
  const clock = virtualClock()
  const start = clock.now()
  const at: number[] = []
  const task = async ({ number }: { number: number }): Promise<string> => {
    at.push(clock.now() - start)
    if (number <= failures) throw error(number)
    return 'done'
  }
  const run = (options: Partial<RetryOptions> = {}) => {
    const result = retry(task, { attempts: 4, backoff, ...options }, { clock, random: always(0.999_999) })
    result.catch(() => {})
    return result
  }
  return { clock, at, run }
}

describe('a retry', () => {
  test('ends with the first success, after waits that double', async () => {
    const { clock, at, run } = given(3)
    const result = run()
    await clock.advance(10_000)
    await expect(result).resolves.toBe('done')
    expect(at).toEqual([0, 100, 300, 700])
  })

  test('throws the last error as it is, and does not wait after the last attempt', async () => {
    const errors = [1, 2, 3, 4].map((n) => new Error(`no ${n}`))
    const { clock, at, run } = given(9, (n) => errors[n - 1])
    const result = run()
    await clock.advance(700)
    await expect(result).rejects.toBe(errors[3])
    expect(at).toHaveLength(4)
    expect(clock.waiting).toBe(0)
  })

  test('one attempt is no retry and no timer', async () => {
    const { clock, run } = given(1)
    await expect(run({ attempts: 1 })).rejects.toThrow('no 1')
    expect(clock.waiting).toBe(0)
  })

  test('an error that will not pass is thrown at once', async () => {
    const { at, run } = given(3)
    await expect(run({ retryable: () => false })).rejects.toThrow('no 1')
    expect(at).toEqual([0])
  })

  test('waits exactly as long as the answer asked, 0 included', async () => {
    const { clock, at, run } = given(2)
    const result = run({ retryable: (_, attempt) => ms(attempt === 1 ? 2_500 : 0) })
    await clock.advance(2_500)
    await expect(result).resolves.toBe('done')
    expect(at).toEqual([0, 2_500, 2_500])
  })

  test.each([Number.NaN, -1])('a wait of %d is no wait: the backoff says how long', async (wait) => {
    const { clock, at, run } = given(1)
    const result = run({ retryable: () => ms(wait) })
    await clock.advance(100)
    await expect(result).resolves.toBe('done')
    expect(at).toEqual([0, 100])
  })

  test('a wait that a timer would turn into 1 ms is cut to the longest one', async () => {
    const { clock, at, run } = given(1)
    const result = run({ retryable: () => ms(2 ** 40) })
    await clock.advance(2 ** 31)
    await expect(result).resolves.toBe('done')
    expect(at).toEqual([0, 2 ** 31 - 1])
  })

  test('no wait reaches the deadline: the last error comes at once instead', async () => {
    const { clock, at, run } = given(9)
    const result = run({ deadline: later(clock.now(), 300) })
    await clock.advance(100)
    await expect(result).rejects.toThrow('no 2')
    expect(at).toEqual([0, 100])
  })

  test('an abort ends the wait with its reason, and no attempt follows', async () => {
    const { clock, at, run } = given(9)
    const controller = new AbortController()
    const result = run({ signal: controller.signal })
    await clock.advance(50)
    controller.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
    await clock.advance(10_000)
    expect(at).toEqual([0])
  })

  test('an aborted signal lets nothing leave', async () => {
    const { at, run } = given(0)
    await expect(run({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
    expect(at).toEqual([])
  })

  test.each([
    ['an abort', () => new DOMException('x', 'AbortError'), 1],
    ['a mistake in the program', () => new TypeError('x is not a function'), 1],
    ['an answer that is no JSON', () => new SyntaxError('x'), 1],
    ['a failed fetch', () => new TypeError('fetch failed', { cause: new Error('ECONNRESET') }), 4],
    ['something thrown that is no error', () => 'x', 4],
  ])('%s, unless told otherwise, is tried %3$i times', async (_, error, times) => {
    const { clock, at, run } = given(9, error)
    run().catch(() => {})
    await clock.advance(10_000)
    expect(at).toHaveLength(times)
  })

  test('asks the budget last, so that a retry that is not made costs nothing', async () => {
    const { clock, at, run } = given(9)
    const budget = retryBudget({ ratio: 0, minPerWindow: 1, windowMs: 60_000, clock })
    const options = { budget: { of: budget, host: 'a' } }
    await expect(run({ ...options, retryable: () => false })).rejects.toThrow('no 1')
    const result = run(options)
    await clock.advance(10_000)
    await expect(result).rejects.toThrow('no 2')
    expect(at).toEqual([0, 0, 100])
  })

  test.each<[string, Partial<RetryOptions>, string]>([
    ['attempts 0', { attempts: 0 }, 'RangeError'],
    ['attempts 1.5', { attempts: 1.5 }, 'RangeError'],
    ['attempts 1e6', { attempts: 1e6 }, 'RangeError'],
    ['attempts NaN', { attempts: Number.NaN }, 'RangeError'],
    ['attempts Infinity', { attempts: Infinity }, 'RangeError'],
    ['attempts "3"', { attempts: '3' as never }, 'TypeError'],
    ['baseMs above capMs', { backoff: { baseMs: 2, capMs: 1 } }, 'RangeError'],
    ['baseMs -1', { backoff: { baseMs: -1, capMs: 1 } }, 'RangeError'],
    ['capMs NaN', { backoff: { baseMs: 1, capMs: Number.NaN } }, 'RangeError'],
    ['capMs 2^31', { backoff: { baseMs: 1, capMs: 2 ** 31 } }, 'RangeError'],
  ])('%s is refused before the first attempt (B102)', async (wrong, options, name) => {
    const { at, run } = given(0)
    const option = wrong.split(' ')[0] as string
    await expect(run(options)).rejects.toMatchObject({ name, message: expect.stringContaining(option) })
    expect(at).toEqual([])
  })
})

describe('jitter', () => {
  test('of the equal kind is never below half', () => {
    expect([1, 2, 5].map((attempt) => equalJitter(backoff, attempt, always(0)))).toEqual([50, 100, 500])
    expect([1, 2, 5].map((attempt) => equalJitter(backoff, attempt, always(0.999_999)))).toEqual([
      100, 200, 1_000,
    ])
  })

  test('of the decorrelated kind goes from base to three times the wait before, within the cap', () => {
    expect(decorrelatedJitter(backoff, 1, always(0))).toBe(100)
    expect(decorrelatedJitter(backoff, 1, always(0.999_999))).toBe(300)
    expect(decorrelatedJitter(backoff, 2, always(0.999_999), ms(300))).toBe(900)
    expect(decorrelatedJitter(backoff, 3, always(0.999_999), ms(900))).toBe(1_000)
  })

  test('never leaves its bounds over long chains', () => {
    const random = seededRandom(7)
    let wait = ms(backoff.baseMs)
    for (let attempt = 1; attempt < 10_000; attempt += 1) {
      wait = decorrelatedJitter(backoff, attempt, random, wait)
      expect(wait >= 100 && wait <= 1_000).toBe(true)
      const equal = equalJitter(backoff, attempt, random)
      expect(equal >= 50 && equal <= 1_000).toBe(true)
    }
  })
})

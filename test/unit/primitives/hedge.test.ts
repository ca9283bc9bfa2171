import { expect, test } from 'vitest'
import { ms } from '#lib/primitives/clock.ts'
import { hedge, type HedgeOptions } from '#lib/primitives/hedge.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

/** Attempts that answer after the given times, or fail where the time is negative. */
function given(times: readonly number[], options: Partial<HedgeOptions> = {}) {
  const clock = virtualClock()
  const signals: AbortSignal[] = []
  const result = hedge(
    async ({ number, signal }) => {
      if (signal) signals.push(signal)
      const time = times[number - 1] ?? 0
      await clock.sleep(ms(Math.abs(time)), signal)
      if (time < 0) throw new Error(`attempt ${number}`)
      return number
    },
    { only: 'reads', afterMs: 100, ...options },
    { clock },
  )
  result.catch(() => {})
  return { clock, signals, result }
}

test('a quick answer is asked for once', async () => {
  const { clock, signals, result } = given([99])
  await clock.advance(1_000)
  expect(await result).toBe(1)
  expect(signals).toHaveLength(1)
  expect(clock.waiting).toBe(0)
})

test('a slow one is asked for again; the first answer wins and the other attempt is aborted', async () => {
  const { clock, signals, result } = given([1_000, 50])
  await clock.advance(150)
  expect(await result).toBe(2)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  expect(signals[0]?.reason).toMatchObject({ name: 'AbortError', message: 'another attempt has answered' })
})

test('the slow first attempt may still win', async () => {
  const { clock, signals, result } = given([120, 1_000])
  await clock.advance(120)
  expect(await result).toBe(1)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
})

test('no more attempts than allowed leave', async () => {
  const { clock, signals, result } = given([9_000, 9_000, 9_000, 9_000], { most: 3 })
  await clock.advance(10_000)
  expect(await result).toBe(1)
  expect(signals).toHaveLength(3)
})

test('a failure while no other attempt runs is thrown: hedging is no retry', async () => {
  const { clock, signals, result } = given([-50, 10])
  await clock.advance(1_000)
  await expect(result).rejects.toThrow('attempt 1')
  expect(signals).toHaveLength(1)
  expect(clock.waiting).toBe(0)
})

test('when all fail, the first error is thrown', async () => {
  const { clock, result } = given([-300, -50])
  await clock.advance(1_000)
  await expect(result).rejects.toThrow('attempt 2')
})

test('a failure is forgotten when another attempt answers', async () => {
  const { clock, result } = given([500, -50])
  await clock.advance(1_000)
  expect(await result).toBe(1)
})

test('an abort ends every attempt with its reason', async () => {
  const controller = new AbortController()
  const { clock, signals, result } = given([9_000, 9_000], { signal: controller.signal })
  await clock.advance(200)
  controller.abort(new Error('enough'))
  await expect(result).rejects.toThrow('enough')
  expect(signals.map(({ reason }) => (reason as Error).message)).toEqual(['enough', 'enough'])
})

test('nothing starts under a signal that has aborted', async () => {
  const { signals, result } = given([1], { signal: AbortSignal.abort(new Error('too late')) })
  await expect(result).rejects.toThrow('too late')
  expect(signals).toEqual([])
})

test.each([
  ['afterMs', { afterMs: 0 }],
  ['afterMs', { afterMs: 2 ** 31 }],
  ['most', { most: 1 }],
])('%s out of bounds is refused: %o (B102)', (name, wrong) => expect(() => given([1], wrong)).toThrow(name))

import { expect, test } from 'vitest'
import { ms } from '#lib/primitives/clock.ts'
import { TimeoutError, timeouts, withTimeout } from '#lib/primitives/timeout.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const never = (): Promise<never> => new Promise(() => {})

test('work that ends in time keeps its answer and leaves no timer', async () => {
  const clock = virtualClock()
  await expect(withTimeout(async () => 7, ms(100), { clock })).resolves.toBe(7)
  expect(clock.waiting).toBe(0)
})

test('work that ignores its signal is left behind exactly at the limit', async () => {
  const clock = virtualClock()
  let outcome: unknown
  withTimeout(never, ms(100), { clock }).catch((error: unknown) => (outcome = error))
  await clock.advance(99)
  expect(outcome).toBeUndefined()
  await clock.advance(1)
  expect(outcome).toBeInstanceOf(TimeoutError)
  expect(outcome).toMatchObject({ name: 'TimeoutError', limitMs: 100, message: 'not finished within 100 ms' })
})

test('the signal aborts with the very error that the call rejects with', async () => {
  const clock = virtualClock()
  let seen: AbortSignal | undefined
  const result = withTimeout((signal) => ((seen = signal), never()), ms(100), { clock })
  result.catch(() => {})
  await clock.advance(100)
  await expect(result).rejects.toBe(seen?.reason)
})

test('the signal of work that is done never fires', async () => {
  const clock = virtualClock()
  const outer = new AbortController()
  let seen: AbortSignal | undefined
  await withTimeout(async (signal) => void (seen = signal), ms(100), { clock, signal: outer.signal })
  outer.abort()
  await clock.advance(1_000)
  expect(seen?.aborted).toBe(false)
})

test('the outer signal ends the work with its own reason, and the timer with it', async () => {
  const clock = virtualClock()
  const outer = new AbortController()
  const result = withTimeout(never, ms(100), { clock, signal: outer.signal })
  outer.abort(new Error('client went away'))
  await expect(result).rejects.toThrow('client went away')
  expect(clock.waiting).toBe(0)
})

test('nothing starts under a signal that has aborted', async () => {
  let started = false
  const task = async (): Promise<void> => void (started = true)
  const signal = AbortSignal.abort(new Error('too late'))
  await expect(withTimeout(task, ms(100), { clock: virtualClock(), signal })).rejects.toThrow('too late')
  expect(started).toBe(false)
})

test('a task that throws before its first await leaves no timer', async () => {
  const clock = virtualClock()
  const task = (): Promise<never> => {
    throw new Error('at once')
  }
  await expect(withTimeout(task, ms(100), { clock })).rejects.toThrow('at once')
  expect(clock.waiting).toBe(0)
})

test('a failure after the limit is swallowed', async () => {
  const clock = virtualClock()
  const late = withTimeout(
    () => clock.sleep(ms(200)).then(() => Promise.reject(new Error('late'))),
    ms(100),
    { clock },
  )
  late.catch(() => {})
  await clock.advance(300)
  await expect(late).rejects.toBeInstanceOf(TimeoutError)
})

test.each([0, -1, Number.NaN, Infinity, 2 ** 31])('a limit of %d is a RangeError (B102)', async (limit) => {
  await expect(withTimeout(never, ms(limit), { clock: virtualClock() })).rejects.toThrow(RangeError)
})

test('a limit that is a text is a TypeError', async () => {
  await expect(withTimeout(never, '10' as never, { clock: virtualClock() })).rejects.toThrow(TypeError)
})

test('the presets', () => {
  expect(timeouts).toEqual({ read: 5_000, write: 10_000, payment: 30_000, upload: 60_000 })
})

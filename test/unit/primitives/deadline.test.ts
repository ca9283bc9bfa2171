import { describe, expect, test } from 'vitest'
import { ms, systemClock } from '#lib/primitives/clock.ts'
import { deadlineAfter, DeadlineExceeded, raceSignal } from '#lib/primitives/deadline.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

describe('a deadline', () => {
  test('aborts its signal exactly when its time is over', async () => {
    const clock = virtualClock()
    const deadline = deadlineAfter(clock, ms(100))
    await clock.advance(ms(99))
    expect(deadline.signal.aborted).toBe(false)
    expect(deadline.remainingMs()).toBe(1)
    await clock.advance(ms(1))
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded)
    expect(deadline.passed()).toBe(true)
  })

  test('that has ended never fires', async () => {
    const clock = virtualClock()
    const deadline = deadlineAfter(clock, ms(100))
    deadline.end()
    await clock.advance(ms(200))
    expect(deadline.signal.aborted).toBe(false)
  })

  test('follows the signal it was made under', () => {
    const parent = new AbortController()
    const deadline = deadlineAfter(virtualClock(), ms(100), parent.signal)
    parent.abort(new Error('client went away'))
    expect((deadline.signal.reason as Error).message).toBe('client went away')
  })
})

describe('racing a signal', () => {
  test('work that ignores the signal is left behind', async () => {
    const controller = new AbortController()
    const never = raceSignal(new Promise(() => {}), controller.signal)
    controller.abort(new DeadlineExceeded('over'))
    await expect(never).rejects.toThrow('over')
  })

  test('work that is done in time wins', async () => {
    await expect(raceSignal(Promise.resolve(7), new AbortController().signal)).resolves.toBe(7)
  })
})

test('the system clock clamps a delay that Node would turn into one millisecond', async () => {
  let fired = false
  const cancel = systemClock.after(ms(2 ** 31), () => {
    fired = true
  })
  await systemClock.sleep(ms(5))
  cancel()
  expect(fired).toBe(false)
})

test('sleep rejects with the reason of an aborted signal', async () => {
  const controller = new AbortController()
  const sleeping = systemClock.sleep(ms(60_000), controller.signal)
  controller.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
})

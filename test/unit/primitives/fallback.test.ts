import { expect, test } from 'vitest'
import { lastGood, type LastGoodOptions } from '#lib/primitives/fallback.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const down = (): Promise<never> => Promise.reject(new Error('down'))

function given(options: Partial<LastGoodOptions> = {}) {
  const clock = virtualClock()
  return { clock, kept: lastGood<number>({ freshMs: 1_000, staleMs: 60_000, ...options }, { clock }) }
}

test('a value is live, then from the cache, then live again', async () => {
  const { clock, kept } = given()
  expect(await kept.get('a', async () => 1)).toEqual({ value: 1, source: 'live', ageMs: 0 })
  await clock.advance(999)
  expect(await kept.get('a', async () => 2)).toEqual({ value: 1, source: 'cache', ageMs: 999 })
  await clock.advance(1)
  expect(await kept.get('a', async () => 2)).toEqual({ value: 2, source: 'live', ageMs: 0 })
})

test('the last good value stands in for one that can not be loaded, labelled and with its age', async () => {
  const { clock, kept } = given()
  await kept.get('a', async () => 1)
  await clock.advance(60_000)
  expect(await kept.get('a', down)).toEqual({ value: 1, source: 'stale', ageMs: 60_000 })
  await clock.advance(1)
  await expect(kept.get('a', down)).rejects.toThrow('down')
})

test('without a value of its own a key throws what the loading threw', async () => {
  const { kept } = given()
  await kept.get('a', async () => 1)
  await expect(kept.get('b', down)).rejects.toThrow('down')
})

test('an error that is an answer is not covered up', async () => {
  const { kept } = given({ freshMs: 0, covers: (error) => (error as Error).message !== '404' })
  await kept.get('a', async () => 1)
  await expect(kept.get('a', () => Promise.reject(new Error('404')))).rejects.toThrow('404')
})

test('a forgotten value stands in for nothing', async () => {
  const { kept } = given()
  await kept.get('a', async () => 1)
  kept.forget('a')
  await expect(kept.get('a', down)).rejects.toThrow('down')
})

test('only so many are kept: the one not used for longest leaves', async () => {
  const { clock, kept } = given({ most: 2 })
  await kept.get('a', async () => 1)
  await kept.get('b', async () => 2)
  await kept.get('a', async () => 1)
  await kept.get('c', async () => 3)
  await clock.advance(2_000)
  expect((await kept.get('a', down)).value).toBe(1)
  await expect(kept.get('b', down)).rejects.toThrow('down')
})

test.each([
  ['freshMs', { freshMs: -1 }],
  ['staleMs', { staleMs: 10 }],
  ['staleMs', { staleMs: Number.NaN }],
  ['most', { most: 0 }],
])('%s out of bounds is refused: %o (B102)', (name, wrong) => expect(() => given(wrong)).toThrow(name))

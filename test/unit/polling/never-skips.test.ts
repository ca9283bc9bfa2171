import { describe, expect, test } from 'vitest'
import { changesOf, mostLateMs, type Change, type Draft } from '#test/simulation/sync/history.ts'
import { givenStream } from './given-stream.ts'

const start = 1_780_000_000_000

/** Changes of things of their own, at these milliseconds after the start, and seen so much later. */
const changesAt = (
  ...times: readonly (number | readonly [at: number, lateMs: number])[]
): readonly Change[] =>
  changesOf(
    times.map((time, nth) => {
      const [at, lateMs] = typeof time === 'number' ? [time, 0] : time
      return {
        id: `chg_${nth}`,
        thing: `thing_${nth}`,
        type: 'thing.changed',
        at: start + at,
        happensAt: start + at,
        visibleAt: start + at + lateMs,
      }
    }),
  )
const ids = (history: readonly Change[]): ReadonlySet<string> => new Set(history.map(({ id }) => id))

describe('F46: many changes of one time across the edge of a page', () => {
  const history = changesAt(...Array.from({ length: 11 }, () => 1_000))

  test.each(['log', 'feed', 'journal', 'windows'] as const)(
    '%s: are all found, also where the place between the pages is forgotten',
    async (kind) => {
      const given = await givenStream(kind, history)
      given.wait(120_000)
      await given.run({ pages: 1 })
      given.forget()
      given.wait(60_000)
      await given.run({})
      expect(given.queued).toEqual(ids(history))
    },
  )

  test('are found by the next run where one dies after the watermark of their time is saved', async () => {
    const given = await givenStream('log', history)
    given.wait(120_000)
    // Lease, page, batch, watermark: dead before the second page.
    expect(await given.run({ diesAt: { call: 5, moment: 'before' } })).toBe('died')
    expect(await given.poll()).toMatchObject({ watermark: { at: start + 1_000 } })
    expect(given.queued.size).toBe(4)
    given.forget()
    given.wait(130_000)
    await given.run({})
    expect(given.queued).toEqual(ids(history))
  })
})

describe('F47: what becomes visible late with an older time', () => {
  const late = mostLateMs(0, 0)

  test.each(['log', 'feed', 'things', 'windows'] as const)(
    '%s: is found behind a watermark that is newer, within the overlap',
    async (kind) => {
      const history = changesAt([1_000, late], 1_000 + late - 2_000)
      const given = await givenStream(kind, history)
      given.wait(late)
      await given.run({})
      given.wait(70_000)
      await given.run({})
      expect(given.queued).toEqual(ids(history))
    },
  )

  test('is found after a reading that stood still between two pages: its watermark is not beyond its beginning', async () => {
    const early = [1_000, 2_000, 3_000, 4_000, 5_000]
    const history = changesAt(...early, [6_000, 20_000], 500_000)
    const given = await givenStream('log', history)
    given.wait(10_000)
    expect(await given.run({ pages: 1 })).toBe('handed_over')
    given.wait(600_000)
    expect(await given.run({})).toBe('done')
    const poll = await given.poll()
    expect(poll?.watermark?.at).toBeLessThanOrEqual(start + 11_000)
    // Everything that is older is known, and no more than that is said.
    expect(poll?.completeAt).toBe(start + 10_000)
    expect(poll).not.toHaveProperty('begunAt')
    await given.run({})
    expect(given.queued).toEqual(ids(history))
  })
})

describe('F48: a change while pages are read', () => {
  const moved: Draft = {
    id: 'chg_again',
    thing: 'thing_1',
    type: 'thing.changed',
    at: start + 60_100,
    happensAt: start + 60_100,
    visibleAt: start + 60_100,
  }
  const before = changesAt(...Array.from({ length: 18 }, (_, nth) => 1_000 * (nth + 1)))

  test.each([
    ['things', 'moves its thing to the end: what moved up in its place is not passed over'],
    ['feed', 'moves every other one down: what comes twice is queued once'],
  ] as const)('%s: %s', async (kind, _what) => {
    const history = changesOf([...before.map((change) => ({ ...change, type: 'thing.changed' })), moved])
    const given = await givenStream(kind, history)
    given.wait(59_000)
    // The first page is read before the change, the second one after it.
    expect(await given.run({ pageMs: 1_090 })).toBe('done')
    expect([...ids(before)].filter((id) => !given.queued.has(id))).toEqual([])
    given.wait(60_000)
    await given.run({})
    expect(given.queued).toEqual(ids(history))
    expect((await given.poll())?.found).toBe(history.length)
  })
})

import { describe, expect, test } from 'vitest'
import { freshnessOf, standsStill } from '#lib/polling/freshness.ts'
import { iso, epochMs, hours, later, minutes, type EpochMs } from '#lib/primitives/clock.ts'

const now = epochMs(1_780_000_000_000)
const ago = (span: number): EpochMs => later(now, 0 - span)
const mark = (at: EpochMs) => ({ text: iso(at), at })
const poll = {
  state: 'active' as const,
  phase: { every: 5 as const, slot: 2 },
  createdAt: ago(hours(100)),
  lastRunAt: ago(minutes(3)),
  completeAt: ago(minutes(3)),
  watermark: mark(ago(hours(30))),
  lastChangeAt: ago(hours(29)),
}
const run = { watermark: poll.watermark, found: 0, isDone: true }

describe('freshness', () => {
  test('is how long ago the last whole reading began, not how long ago the last change was', () =>
    expect(freshnessOf(poll, now)).toEqual({
      state: 'fresh',
      lagMs: minutes(3),
      newestAt: poll.watermark.at,
      seenAt: poll.lastChangeAt,
    }))

  test('of a poll that has never come to an end begins when it was made', () => {
    const { completeAt: _, watermark: __, lastChangeAt: ___, ...young } = poll
    expect(freshnessOf({ ...young, createdAt: ago(minutes(7)) }, now)).toEqual({
      state: 'fresh',
      lagMs: minutes(7),
    })
  })

  test.each([
    ['turns came and none ended', { completeAt: ago(hours(2)) }, 'still'],
    ['turns did not come', { completeAt: ago(hours(2)), lastRunAt: ago(hours(2)) }, 'late'],
    [
      'it never ran',
      { completeAt: undefined as never, createdAt: ago(hours(2)), lastRunAt: epochMs(0) },
      'late',
    ],
    ['its connection needs someone', { completeAt: ago(hours(2)), state: 'blocked' as const }, 'late'],
    ['someone has stopped it', { completeAt: ago(hours(2)), state: 'paused' as const }, 'paused'],
    [
      'its turns are six hours apart',
      { completeAt: ago(hours(7)), phase: { every: 360 as const, slot: 0 } },
      'fresh',
    ],
  ])('where %s: %j is %s', (_, change, state) =>
    expect(freshnessOf({ ...poll, ...change }, now).state).toBe(state),
  )
})

describe('a watermark stands still', () => {
  test('where runs end early for an hour, and not before', () => {
    const stopped = { ...run, isDone: false }
    expect(standsStill({ ...poll, completeAt: ago(minutes(59)) }, stopped, now)).toBeUndefined()
    expect(standsStill({ ...poll, completeAt: ago(minutes(61)) }, stopped, now)).toBe('unfinished')
    expect(standsStill({ ...poll, completeAt: ago(minutes(61)) }, run, now)).toBeUndefined()
  })

  test('where changes are found and the provider’s time stays a day or more ago', () => {
    expect(standsStill(poll, { ...run, found: 3 }, now)).toBe('unmoved')
    expect(standsStill(poll, { ...run, found: 3, watermark: mark(ago(hours(29))) }, now)).toBeUndefined()
    const recent = { ...poll, watermark: mark(ago(hours(2))) }
    expect(standsStill(recent, { ...run, found: 3, watermark: recent.watermark }, now)).toBeUndefined()
  })

  test('not where nothing changes, and not while its connection needs someone', () => {
    expect(standsStill(poll, run, now)).toBeUndefined()
    const blocked = { ...poll, state: 'blocked' as const, completeAt: ago(hours(9)) }
    expect(standsStill(blocked, { ...run, isDone: false }, now)).toBeUndefined()
  })
})

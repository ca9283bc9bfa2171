import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesOf, farFuture, mostLateMs, type Change, type Draft } from '#test/simulation/sync/history.ts'
import type { StreamKind } from '#test/simulation/sync/streams.ts'
import { givenStream, type Fate } from './given-stream.ts'

const start = 1_780_000_000_000

/** Changes of one time: how long after the last ones, how many, and how late each can be seen. */
const burst = fc.record({
  afterMs: fc.integer({ min: 1_000, max: 90_000 }),
  changes: fc.array(
    fc.record({
      thing: fc.integer({ min: 0, max: 12 }),
      late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.double({ min: 0, max: 1, noNaN: true })),
      isFuture: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
    { minLength: 1, maxLength: 7 },
  ),
})
type Burst = typeof burst extends fc.Arbitrary<infer T> ? T : never

const fate: fc.Arbitrary<Fate> = fc.record(
  {
    pageMs: fc.integer({ min: 0, max: 15_000 }),
    pages: fc.integer({ min: 1, max: 3 }),
    diesAt: fc.record({
      call: fc.integer({ min: 1, max: 14 }),
      moment: fc.constantFrom('before' as const, 'after' as const),
    }),
    refused: fc.record({
      page: fc.integer({ min: 1, max: 4 }),
      status: fc.constantFrom(429, 503, 400, 410),
    }),
    standsAt: fc.integer({ min: 1, max: 4 }),
    failed: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
)
const step = fc.record({
  waitMs: fc.integer({ min: 0, max: 400_000 }),
  forgets: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  fate,
})
const course = fc.record({
  aheadMs: fc.constantFrom(0, 0, -60_000, 60_000),
  bursts: fc.array(burst, { minLength: 1, maxLength: 8 }),
  steps: fc.array(step, { maxLength: 8 }),
})

function historyOf(kind: StreamKind, bursts: readonly Burst[], aheadMs: number): readonly Change[] {
  // Nothing is older than the poll by any clock.
  let happensAt = start + Math.abs(aheadMs)
  const drafts: Draft[] = []
  for (const { afterMs, changes } of bursts) {
    happensAt += afterMs
    for (const { thing, late, isFuture } of changes) {
      const isOfFuture = isFuture && kind !== 'windows' && kind !== 'journal'
      const nth = drafts.length
      drafts.push({
        id: `chg_${nth}`,
        thing: isOfFuture ? `thing_of_the_future_${nth}` : `thing_${thing}`,
        type: 'thing.changed',
        at: isOfFuture ? farFuture : happensAt + aheadMs,
        happensAt,
        visibleAt: happensAt + Math.floor(late * mostLateMs(aheadMs, 0)),
      })
    }
  }
  return changesOf(drafts)
}

describe('G13: a list is never skipped, however it is read', () => {
  test.each(['log', 'feed', 'things', 'journal', 'windows'] as const)(
    '%s: bursts of one time, late changes, shifting pages, overlapping runs, and resumes at any cut',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(course, async ({ aheadMs, bursts, steps }) => {
          const given = await givenStream(kind, historyOf(kind, bursts, aheadMs), aheadMs)
          for (const each of steps) {
            given.wait(each.waitMs)
            if (each.forgets) given.forget()
            await given.run(each.fate)
          }
          await given.drain()
          expect(given.skipped()).toEqual([])
        }),
        { numRuns: 1_000, seed: 13 },
      )
    },
    // Five thousand courses are half a minute's work, on a machine that has nothing else to do.
    300_000,
  )
})

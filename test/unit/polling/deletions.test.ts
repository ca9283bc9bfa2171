import { describe, expect, test } from 'vitest'
import type { Backfill } from '#lib/polling/backfill.ts'
import { completeEnumeration, deletedOf } from '#lib/polling/deletions.ts'
import { epochMs } from '#lib/primitives/clock.ts'

const whole = {
  id: 'bf_1',
  state: 'done',
  restarts: 0,
} as Backfill
const lists = { deletes: 'complete-enumeration' } as const
const seen = new Set(['b', 'c', 'd'])

describe('what is gone', () => {
  test('is what was known and is not in a whole reading', () => {
    expect(deletedOf(completeEnumeration(whole, lists), ['a', 'b', 'a', 'c'], seen)).toEqual(['a'])
  })

  test.each<[string, Partial<Backfill>]>([
    ['is under way', { state: 'running' }],
    ['was given up', { state: 'failed' }],
    ['was cancelled', { state: 'cancelled' }],
    ['has a beginning', { since: epochMs(1) }],
    ['has an end', { until: epochMs(1) }],
    ['was begun anew', { restarts: 1 }],
    ['has a gap', { gap: { of: 'deletes', since: epochMs(1), until: epochMs(2) } }],
  ])('is nothing where the reading %s', (_, change) => {
    expect(deletedOf(completeEnumeration({ ...whole, ...change }, lists), ['a'], seen)).toEqual([])
  })

  test.each(['never', 'listed'] as const)('is nothing where the list tells deletions %s', (deletes) => {
    expect(deletedOf(completeEnumeration(whole, { deletes }), ['a'], seen)).toEqual([])
  })
})

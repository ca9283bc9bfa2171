import { describe, expect, test } from 'vitest'
import { runReplaySeed } from './flow.ts'
import { replayMutants } from './mutants.ts'

describe('replays of a window under faults', () => {
  test('revive what is dead and copy what is done, each once, in forty worlds', async () => {
    const faults = new Map<string, number>()
    let queued = 0
    let copies = 0
    for (let seed = 1; seed <= 40; seed += 1) {
      const outcome = await runReplaySeed(seed)
      expect(outcome.violation, `seed ${seed}`).toBeUndefined()
      queued += outcome.counts.queued
      copies += outcome.counts.copies
      for (const [name, times] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + times)
    }
    expect(queued).toBeGreaterThan(copies)
    expect(copies).toBeGreaterThan(100)
    expect([...faults.keys()]).toEqual(
      expect.arrayContaining([
        'a replayer dies before a call',
        'a replayer dies after a call',
        'a worker dies before a call',
        'the index does not answer',
        'SQS delivers twice',
      ]),
    )
  }, 120_000)

  test('a seed replays', async () => {
    const [first, again] = [await runReplaySeed(7), await runReplaySeed(7)]
    expect(again.trace).toBe(first.trace)
  })

  test.each(replayMutants.map((mutant) => [mutant.name, mutant.what, mutant] as const))(
    '%s: %s, and it is noticed',
    async (_name, _what, mutant) => {
      for (let seed = 1; seed <= 100; seed += 1) {
        const { violation } = await runReplaySeed(seed, mutant)
        if (!violation) continue
        expect(violation.invariant).toMatch(/^(I\d\d|L1)$/)
        return
      }
      throw new Error('nobody noticed')
    },
    120_000,
  )
})

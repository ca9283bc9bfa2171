import { describe, expect, test } from 'vitest'
import { runRefreshSeed, type RefreshOutcome } from './flow.ts'
import { refreshMutants } from './mutants.ts'

async function firstViolation(seeds: number, mutant: (typeof refreshMutants)[number]) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = await runRefreshSeed(seed, { mutant, callers: 150 })
    if (outcome.violation) return outcome
  }
  return undefined
}

describe('refreshing tokens under faults', () => {
  test('spends no token twice, loses none and asks no user without need, in forty worlds', async () => {
    const faults = new Map<string, number>()
    let refreshes = 0
    for (let seed = 1; seed <= 40; seed += 1) {
      const outcome: RefreshOutcome = await runRefreshSeed(seed)
      expect(outcome.violation, `seed ${seed}`).toBeUndefined()
      expect(outcome.counts.served).toBeGreaterThan(0)
      refreshes += outcome.counts.refreshes
      for (const [name, times] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + times)
    }
    expect(refreshes).toBeGreaterThan(40)
    // A simulation that injects nothing proves nothing.
    const expected = [
      'a token call never arrives',
      'the token endpoint answers 503',
      'the token endpoint is slow',
      'the answer of the token endpoint is lost',
      'a worker dies',
      'a worker stands still beyond its lease',
      'KMS does not answer',
      'UpdateItem answer-lost',
      'UpdateItem late',
      'GetItem refused',
      'the table is away after a token call',
    ]
    expect([...faults.keys()]).toEqual(expect.arrayContaining(expected))
  })

  test('a seed replays', async () => {
    const [first, again] = [await runRefreshSeed(7), await runRefreshSeed(7)]
    expect(again.trace).toBe(first.trace)
    expect(again.counts).toEqual(first.counts)
  })
})

describe('planted faults are noticed', () => {
  test.each(refreshMutants.map((mutant) => [mutant.name, mutant.what, mutant] as const))(
    '%s: %s',
    async (_name, _what, mutant) => {
      const outcome = await firstViolation(400, mutant)
      expect(outcome?.violation?.invariant).toMatch(/^(I\d\d|L2)$/)
    },
  )
})

import { describe, expect, test } from 'vitest'
import { runOutageSeed, type OutageOutcome } from './flow.ts'
import { outageMutants } from './mutants.ts'

const size = 'small'

/** An outage, a provider that throttles, one that fails now and then; and whatever else there is. */
const order = [1, 4, 6, 2, 3, 5, 7, 8, 12, 14]

async function firstViolation(mutant: (typeof outageMutants)[number]): Promise<OutageOutcome | undefined> {
  for (const seed of order) {
    const outcome = await runOutageSeed(seed, { mutant, size })
    if (outcome.violation) return outcome
  }
  return undefined
}

describe('a provider in trouble', () => {
  test('F63, F64, F67, B113: is left alone, loses nothing and is not overrun afterwards, in eight worlds', async () => {
    const scenarios = new Set<string>()
    const faults = new Set<string>()
    for (let seed = 1; seed <= 8; seed += 1) {
      const outcome = await runOutageSeed(seed, { size })
      expect(outcome.violation, `seed ${seed}`).toBeUndefined()
      scenarios.add(outcome.scenario)
      for (const name of outcome.faults.keys()) faults.add(name)
    }
    expect(scenarios.size).toBe(8)
    // A simulation that injects nothing proves nothing.
    const expected = [
      'GetItem refused',
      'GetItem answer-lost',
      'UpdateItem answer-lost',
      'UpdateItem late',
      'ChangeMessageVisibility refused',
      'SQS delivers twice',
      'a worker dies before a call',
      'a worker dies after a call',
      'a worker stands still beyond its lease',
    ]
    expect([...faults]).toEqual(expect.arrayContaining(expected))
  })

  test('a seed replays', async () => {
    const [first, again] = [await runOutageSeed(2, { size }), await runOutageSeed(2, { size })]
    expect(again.trace).toBe(first.trace)
    expect(again.figures).toEqual(first.figures)
  })
})

describe('planted faults are noticed', () => {
  test.each(outageMutants.map((mutant) => [mutant.name, mutant.what, mutant] as const))(
    '%s: %s',
    async (_name, _what, mutant) => {
      const outcome = await firstViolation(mutant)
      expect(outcome?.violation?.invariant).toMatch(/^([IFBL]\d+)$/)
    },
  )
})

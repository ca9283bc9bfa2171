import { describe, expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { runSeed, type Outcome } from './run.ts'

async function firstViolation(seeds: number, mutant: (typeof mutants)[number]): Promise<Outcome | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = await runSeed(seed, mutant)
    if (outcome.violation) return outcome
  }
  return undefined
}

describe('the whole path under faults', () => {
  test('loses nothing and breaks no promise, in sixty worlds', async () => {
    const faults = new Map<string, number>()
    for (let seed = 1; seed <= 60; seed += 1) {
      const outcome = await runSeed(seed)
      expect(outcome.violation, `seed ${seed}`).toBeUndefined()
      expect(outcome.counts.accepted).toBeGreaterThan(0)
      for (const [name, times] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + times)
    }
    // A simulation that injects nothing proves nothing.
    const expected = [
      'SendMessage refused',
      'SendMessage answer-lost',
      'SendMessage hang',
      'UpdateItem answer-lost',
      'UpdateItem late',
      'UpdateItem throttled',
      'PutEvents refuses inside a 200',
      'a worker dies before a call',
      'a worker dies after a call',
      'a worker stands still beyond its lease',
      'the webhook function dies',
      'a sweep dies',
      'SQS delivers twice',
      'dynamodb down',
      'sqs down',
    ]
    expect([...faults.keys()]).toEqual(expect.arrayContaining(expected))
  })

  test('a seed replays: equal traces, other seeds other traces', async () => {
    const [first, again, other] = [await runSeed(11), await runSeed(11), await runSeed(12)]
    expect(again.trace).toBe(first.trace)
    expect(again.counts).toEqual(first.counts)
    expect(other.trace).not.toBe(first.trace)
  })
})

describe('planted faults are noticed', () => {
  test.each(mutants.map((mutant) => [mutant.name, mutant.what, mutant] as const))(
    '%s: %s',
    async (_name, _what, mutant) => {
      const outcome = await firstViolation(300, mutant)
      expect(outcome?.violation?.invariant).toMatch(/^(I\d\d|L1)$/)
      // The printed seed is enough to see it again.
      const again = await runSeed(outcome?.seed ?? 0, mutant)
      expect(again.violation?.message).toBe(outcome?.violation?.message)
    },
  )
})

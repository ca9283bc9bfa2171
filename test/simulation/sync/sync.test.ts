import { describe, expect, test } from 'vitest'
import { runSyncSeed, type SyncOutcome } from './flow.ts'
import { syncMutants } from './mutants.ts'

async function firstViolation(mutant: (typeof syncMutants)[number]): Promise<SyncOutcome | undefined> {
  for (let seed = 1; seed <= 20; seed += 1) {
    const outcome = await runSyncSeed(seed, mutant)
    if (outcome.violation) return outcome
  }
  return undefined
}

describe('lists and lossy webhooks', () => {
  test('F43 to F51, I12, I13: every change is handled once, and what webhooks missed is counted, in twelve worlds', async () => {
    const faults = new Set<string>()
    const sums = new Map<string, number>()
    for (let seed = 1; seed <= 12; seed += 1) {
      const outcome = await runSyncSeed(seed)
      expect(outcome.violation, `seed ${seed}`).toBeUndefined()
      for (const name of outcome.faults.keys()) faults.add(name)
      for (const [name, count] of Object.entries(outcome.counts))
        sums.set(name, (sums.get(name) ?? 0) + count)
    }
    const sum = (name: string): number => sums.get(name) ?? 0
    expect(sum('changes')).toBe(sum('handled once') + sum('overwritten'))
    expect(sum('counted as missed')).toBe(
      sum('of them dropped') + sum('not taken') + sum('too late') + sum('counted as the table has it'),
    )
    expect(sum('webhooks dropped')).toBeGreaterThan(100)
    // A simulation that injects nothing proves nothing.
    const expected = [
      'SendMessageBatch fails in part',
      'SendMessageBatch refused',
      'SendMessageBatch answer-lost',
      'UpdateItem answer-lost',
      'UpdateItem late',
      'Query throttled',
      'SQS delivers twice',
      'a poller dies before a call',
      'a poller dies after a call',
      'a poller stands still beyond its lease',
      'a poller has little time',
      'a tick comes twice',
      'a tick does not come',
      'a tick dies',
      'the provider throttles for a while',
      'the provider throttles once',
      'the provider has forgotten a cursor',
      'a worker dies after a call',
      'the webhook function dies',
    ]
    expect([...faults]).toEqual(expect.arrayContaining(expected))
  })

  test('a seed replays', async () => {
    const [first, again] = [await runSyncSeed(11), await runSyncSeed(11)]
    expect(again.trace).toBe(first.trace)
    expect(again.counts).toEqual(first.counts)
  })
})

describe('planted faults are noticed', () => {
  test.each(syncMutants.map((mutant) => [mutant.name, mutant.what, mutant] as const))(
    '%s: %s',
    async (_name, _what, mutant) => {
      const outcome = await firstViolation(mutant)
      expect(outcome?.violation?.invariant).toMatch(/^I(?:05|12|13|33)$/)
      const again = await runSyncSeed(outcome?.seed ?? 0, mutant)
      expect(again.violation?.message).toBe(outcome?.violation?.message)
    },
  )
})

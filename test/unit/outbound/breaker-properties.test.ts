import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { dynamoBreaker } from '#lib/outbound/breaker.dynamo.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { withPlanted } from '#test/fakes/planted.ts'
import type { Mishap } from '#test/fakes/shared-table.ts'
import { breakerWorld } from './breaker-world.ts'

const probeMs = 60_000
const maxOpenMs = 900_000

const circumstances = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  workers: fc.integer({ min: 2, max: 12 }),
  latencyMs: fc.constantFrom(1, 20, 200),
  dated: fc.boolean(),
  trouble: fc.constantFrom(0, 0, 0.05),
  fates: fc.constantFrom<readonly Mishap[]>(['before'], ['after'], ['hang'], ['before', 'after', 'hang']),
  /** How often a probe dies without a word. */
  deaths: fc.constantFrom(0, 0.3),
  failing: fc.constantFrom(1, 0.6),
})
type Circumstances = typeof circumstances extends fc.Arbitrary<infer T> ? T : never

interface Faults {
  /** Probes of one opening that left while another had its time. */
  rivals: number
  /** Calls that left although everyone could know better. */
  leaks: number
  longestOpenMs: number
  probes: number
}

async function run(
  { trouble, fates, deaths, failing, ...given }: Circumstances,
  make?: typeof dynamoBreaker,
) {
  const mishap = (): Mishap =>
    world.random.fraction() < trouble
      ? (fates[Math.floor(world.random.fraction() * fates.length)] ?? 'none')
      : 'none'
  const world = breakerWorld({ ...given, skewMs: 30_000, mishap, ...(make && { make }) })
  const { clock, random, breakers, shared } = world
  const faults: Faults = { rivals: 0, leaks: 0, longestOpenMs: 0, probes: 0 }
  const lastProbe = new Map<string, number>()
  let openSince: { readonly by: string | undefined; readonly at: number } | undefined
  shared.model.onWrite((_before, after) => {
    const isOpen = after?.['st']?.S === 'open'
    faults.longestOpenMs = Math.max(faults.longestOpenMs, Number(after?.['openMs']?.N ?? 0))
    if (!isOpen) openSince = undefined
    else if (openSince?.by !== after?.['lastBy']?.S) openSince = { by: after?.['lastBy']?.S, at: clock.now() }
  })
  const end = clock.now() + minutes(12)
  const worker = async (breaker: (typeof breakers)[number]): Promise<void> => {
    while (clock.now() < end) {
      const asked = clock.now()
      const entry = await breaker.enter('acme')
      await clock.sleep(Math.ceil(random.fraction() * 400) as never)
      if (entry.kind === 'open') continue
      if (entry.probe) {
        faults.probes += 1
        const by = openSince?.by ?? '-'
        if (asked - (lastProbe.get(by) ?? -Infinity) < probeMs - 1_000) faults.rivals += 1
        lastProbe.set(by, asked)
        if (random.fraction() < deaths) continue
      } else if (openSince && asked - openSince.at > 2_000) faults.leaks += 1
      await entry.report(random.fraction() < failing ? 'failure' : 'success')
    }
  }
  await world.run(Promise.all(breakers.map(worker)))
  return faults
}

test('I25: while it is open one probe leaves at a time, and nothing else', async () => {
  let probes = 0
  await fc.assert(
    fc.asyncProperty(circumstances, async (given) => {
      const faults = await run(given)
      probes += faults.probes
      expect(faults.rivals).toBe(0)
      // A worker that can't reach the store has what it knew last.
      if (given.trouble === 0) expect(faults.leaks).toBe(0)
      expect(faults.longestOpenMs).toBeLessThanOrEqual(maxOpenMs)
    }),
    { numRuns: 40, seed: 25 },
  )
  expect(probes).toBeGreaterThan(40)
})

test('M28: without the single probe, the property notices', async () => {
  const { dynamoBreaker: make } = await withPlanted<{ dynamoBreaker: typeof dynamoBreaker }>(
    'lib/outbound/breaker.dynamo.ts',
    {
      name: 'M28',
      what: 'half open without a single probe',
      file: 'lib/outbound/breaker-items.dynamo.ts',
      from: '${asSeen} AND permits > :zero',
      to: '${asSeen} AND (permits > :zero OR permits <= :zero)',
    },
  )
  const found = await fc.check(
    fc.asyncProperty(circumstances, async (given) => (await run(given, make)).rivals === 0),
    { numRuns: 400, endOnFailure: true, seed: 25 },
  )
  expect(found.failed).toBe(true)
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import type { Priority } from '#lib/outbound/limiter.ts'
import { minutes } from '#lib/primitives/clock.ts'
import type { SlotWindow } from '#lib/primitives/time-slots.ts'
import { withPlanted, type Planted } from '#test/fakes/planted.ts'
import type { Mishap } from '#test/fakes/shared-table.ts'
import { excess, limiterWorld } from './limiter-world.ts'

type Make = typeof dynamoLimiter

const priorities: readonly Priority[] = ['interactive', 'refresh', 'poll', 'backfill']
const windowSets: readonly (readonly SlotWindow[])[] = [
  [{ limit: 500, windowMs: 60_000 }],
  [{ limit: 60, windowMs: 60_000, burst: 10 }],
  [{ limit: 10, windowMs: 1_000 }],
  [{ limit: 20, windowMs: 1_000, burst: 20 }],
  [
    { limit: 25, windowMs: 1_000 },
    { limit: 300, windowMs: 60_000 },
    { limit: 5_000, windowMs: 3_600_000 },
  ],
]

const circumstances = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  workers: fc.integer({ min: 1, max: 12 }),
  windows: fc.constantFrom(...windowSets),
  latencyMs: fc.constantFrom(1, 20, 200),
  /** Share of the requests that come to grief, and how. */
  trouble: fc.constantFrom(0, 0, 0.02, 0.2),
  fates: fc.constantFrom<readonly Mishap[]>(['before'], ['after'], ['hang'], ['before', 'after', 'hang']),
  /** How often a worker dies with its tokens and another takes its place. */
  crashes: fc.constantFrom(0, 0.1),
  dated: fc.boolean(),
})
type Circumstances = typeof circumstances extends fc.Arbitrary<infer T> ? T : never

/** By how many calls the worst window was passed, after two minutes of it. */
async function run({ trouble, fates, crashes, ...given }: Circumstances, make?: Make): Promise<number> {
  const mishap = (): Mishap =>
    world.random.fraction() < trouble
      ? (fates[Math.floor(world.random.fraction() * fates.length)] ?? 'none')
      : 'none'
  // The share of a worker alone is so small that it does not count: the tolerance of F65 has a test of its own.
  const world = limiterWorld({
    ...given,
    skewMs: 30_000,
    maxSandboxes: 1_000_000,
    mishap,
    ...(make && { make }),
  })
  const { clock, random, limiters, started, caller, grants } = world
  const end = clock.now() + minutes(2)
  const worker = async (limiter: (typeof limiters)[number], i: number): Promise<void> => {
    let current = limiter
    // Late ones come when the others have settled.
    await clock.sleep(Math.floor(random.fraction() * 40_000) as never)
    while (clock.now() < end) {
      const until = Math.min(end, clock.now() + 1_000 + random.fraction() * 20_000)
      const restMs = () => (random.fraction() < 0.3 ? random.fraction() * 2_000 : 0)
      const priority = priorities[i % 4] ?? 'poll'
      await Promise.all([
        caller(current, { until, priority, restMs }),
        caller(current, { until, priority, restMs }),
      ])
      if (random.fraction() < crashes) current = started()
    }
  }
  await world.run(Promise.all(limiters.map(worker)))
  grants.sort((a, b) => a.at - b.at)
  return Math.max(...given.windows.map((window) => excess(grants, window)))
}

test('I24: no window is passed, whatever the clocks, the network and the workers do', async () => {
  await fc.assert(
    fc.asyncProperty(circumstances, async (given) => {
      expect(await run(given)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 60, seed: 24 },
  )
})

/** After a skewed sandbox has written an instant an hour ahead: how long until the first call. */
async function frozenMs(make?: Make): Promise<number> {
  const world = limiterWorld({ windows: [{ limit: 60, windowMs: 60_000 }], ...(make && { make }) })
  const { clock, caller, limiters, started, grants, run: settle, shared } = world
  await settle(Promise.all(limiters.map((each) => caller(each, { until: clock.now() + 5_000 }))))
  const items = shared.model.items as Map<string, object>
  for (const [key, item] of items)
    items.set(key, { ...item, next60000: { N: String(clock.now() + 3_600_000) } })
  const from = clock.now()
  await settle(caller(started(), { until: from + minutes(5) }))
  return (grants.find(({ at }) => at > from)?.at ?? Infinity) - from
}

test('D16: what a skewed sandbox wrote an hour ahead keeps a scope for its window and some seconds', async () =>
  expect(await frozenMs()).toBeLessThan(120_000))

const entry = 'lib/outbound/limiter.dynamo.ts'
const plant = async (planted: Planted): Promise<Make> =>
  (await withPlanted<{ dynamoLimiter: Make }>(entry, planted)).dynamoLimiter

test('M29: without the clamp, the scope is frozen', async () => {
  const make = await plant({
    name: 'M29',
    what: 'GCRA without clamp',
    file: 'lib/outbound/limit-line.ts',
    from: 'Math.min(at, now.latest + (windows[i]?.windowMs ?? 0) + furthestLeaseMs)',
    to: 'at',
  })
  expect(await frozenMs(make)).toBe(Infinity)
})

describe('the property notices', () => {
  const planted: readonly Planted[] = [
    {
      name: 'own-clock',
      what: 'the own clock taken for the true time',
      file: 'lib/primitives/true-time.ts',
      from: 'return { earliest: own + least, latest: own + most }',
      to: 'void least, most; return { earliest: own, latest: own }',
    },
    {
      name: 'no-expiry',
      what: 'leased tokens that never run out',
      file: 'lib/outbound/token-pool.ts',
      from: 'to >= now.latest',
      to: 'to >= 0',
    },
    {
      name: 'no-condition',
      what: 'a lease written whoever wrote before',
      file: 'lib/outbound/limit-lines.dynamo.ts',
      from: "'lastBy = :seen'",
      to: "'(lastBy = :seen OR lastBy <> :seen)'",
    },
    {
      name: 'too-early',
      what: 'tokens used before their slot',
      file: 'lib/outbound/token-pool.ts',
      from: 'from <= now.earliest',
      to: 'from <= now.earliest + 5_000',
    },
  ]

  test.each(planted)('$name: $what', async (fault) => {
    const make = await plant(fault)
    const found = await fc.check(
      fc.asyncProperty(circumstances, async (given) => (await run(given, make)) <= 0),
      { numRuns: 400, endOnFailure: true, seed: 24 },
    )
    expect(found.failed).toBe(true)
  })
})

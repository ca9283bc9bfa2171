import { parseArgs } from 'node:util'
import { runConnectSeed, sometimes } from './connect/flow.ts'
import { connectMutants, findConnectMutant } from './connect/mutants.ts'
import { findMutant } from './mutants.ts'
import { runOutageSeed } from './outage/flow.ts'
import { findOutageMutant } from './outage/mutants.ts'
import { runRefreshSeed } from './refresh/flow.ts'
import { findRefreshMutant } from './refresh/mutants.ts'
import { runReplaySeed } from './replay/flow.ts'
import { findReplayMutant } from './replay/mutants.ts'
import { runSeed } from './run.ts'
import { runSyncSeed } from './sync/flow.ts'
import { findSyncMutant } from './sync/mutants.ts'

const { values } = parseArgs({
  options: {
    flow: { type: 'string', default: 'events' },
    seeds: { type: 'string', default: '100' },
    /** The first of the seeds: so that several machines can share them. */
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutant: { type: 'string', default: 'none' },
    /** Of the outage flow: `small` is what the tests run. */
    size: { type: 'string', default: 'full' },
  },
})

interface Outcome {
  readonly seed: number
  readonly violation?: Error
  readonly trace: string
  readonly counts: Readonly<Record<string, number>>
  readonly faults: ReadonlyMap<string, number>
  /** What was tried, and what came of it. */
  readonly seen?: ReadonlyMap<string, number>
  /** One line for people. */
  readonly summary?: string
}

const flows: Readonly<Record<string, (seed: number) => Promise<Outcome>>> = {
  events: (seed) => runSeed(seed, findMutant(values.mutant)),
  refresh: tokens,
  replay: (seed) => runReplaySeed(seed, findReplayMutant(values.mutant)),
  connect: (seed) => runConnectSeed(seed, findConnectMutant(values.mutant)),
  outage: (seed) =>
    runOutageSeed(seed, {
      mutant: findOutageMutant(values.mutant),
      size: values.size === 'small' ? 'small' : 'full',
    }),
  sync: (seed) => runSyncSeed(seed, findSyncMutant(values.mutant)),
}

/** Tokens from their first exchange on: the same seed for connecting and for refreshing. */
async function tokens(seed: number): Promise<Outcome> {
  const { mutant } = values
  if (connectMutants.some(({ name }) => name === mutant))
    return runConnectSeed(seed, findConnectMutant(mutant))
  const refreshed = await runRefreshSeed(seed, { mutant: findRefreshMutant(mutant) })
  if (mutant !== 'none' || refreshed.violation) return refreshed
  const connected = await runConnectSeed(seed)
  return {
    ...connected,
    trace: `${refreshed.trace} ${connected.trace}`,
    counts: {
      ...refreshed.counts,
      ...connected.counts,
      steps: refreshed.counts.steps + connected.counts.steps,
    },
    faults: added([refreshed.faults, connected.faults]),
  }
}

function added(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>()
  for (const [name, times] of all.flatMap((each) => [...each])) sum.set(name, (sum.get(name) ?? 0) + times)
  return sum
}

const run = flows[values.flow]
if (!run) throw new Error(`there is no flow ${values.flow}; there are ${Object.keys(flows).join(', ')}`)

const first = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.seeds) : 1
const print = (line: string): void => void process.stdout.write(`${line}\n`)

const totals = new Map<string, number>()
const faults = new Map<string, number>()
const seen = new Map<string, number>()
const add = (into: Map<string, number>, name: string, value: number): void =>
  void into.set(name, (into.get(name) ?? 0) + value)
const startedAt = performance.now()
let violations = 0
for (let seed = first; seed < first + count; seed += 1) {
  const outcome = await run(seed)
  for (const [name, value] of Object.entries(outcome.counts)) add(totals, name, value)
  for (const [name, times] of outcome.faults) add(faults, name, times)
  for (const [name, times] of outcome.seen ?? []) add(seen, name, times)
  if (outcome.summary) print(`seed ${seed}, ${outcome.summary}`)
  if (count === 1) print(`trace ${outcome.trace}`)
  if (!outcome.violation) continue
  violations += 1
  print(`seed ${seed}: ${outcome.violation.message}`)
  const size = values.size === 'full' ? '' : ` --size ${values.size}`
  const option = size + (values.mutant === 'none' ? '' : ` --mutant ${values.mutant}`)
  const flow = values.flow === 'events' ? '' : ` --flow ${values.flow}`
  print(`  again: npm run simulate --${flow} --seed ${seed}${option}`)
}

const injected = [...faults.values()].reduce((sum, times) => sum + times, 0)
print('')
for (const table of [faults, seen]) {
  for (const [name, times] of [...table].toSorted(([a], [b]) => a.localeCompare(b)))
    print(`${String(times).padStart(7)}  ${name}`)
  if (table.size > 0) print('')
}
print(`${count} seeds: ${[...totals].map(([name, value]) => `${value} ${name}`).join(', ')}`)
print(`${injected} faults injected, ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
print(violations === 0 ? '0 lost, 0 violations' : `${violations} seeds with a violation`)
// What never happened in so many worlds was not tested by them.
const missed = seen.size > 0 && count >= 100 ? sometimes.filter((name) => !seen.has(name)) : []
if (missed.length > 0 && violations === 0) print(`never seen: ${missed.join('; ')}`)
process.exitCode = violations === 0 && missed.length === 0 ? 0 : 1

import { parseArgs } from 'node:util'
import { findMutant } from './mutants.ts'
import { runSeed } from './run.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    mutant: { type: 'string', default: 'none' },
  },
})

const mutant = findMutant(values.mutant)
const first = values.seed === undefined ? 1 : Number(values.seed)
const count = values.seed === undefined ? Number(values.seeds) : 1
const print = (line: string): void => void process.stdout.write(`${line}\n`)

const totals = { accepted: 0, deliveries: 0, forged: 0, done: 0, dead: 0, starts: 0, steps: 0 }
const faults = new Map<string, number>()
const startedAt = performance.now()
let violations = 0
for (let seed = first; seed < first + count; seed += 1) {
  const outcome = await runSeed(seed, mutant)
  for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += outcome.counts[name]
  for (const [name, times] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + times)
  if (count === 1) print(`trace ${outcome.trace}`)
  if (!outcome.violation) continue
  violations += 1
  print(`seed ${seed}: ${outcome.violation.message}`)
  const option = mutant.name === 'none' ? '' : ` --mutant ${mutant.name}`
  print(`  again: npm run simulate -- --seed ${seed}${option}`)
}

const injected = [...faults.values()].reduce((sum, times) => sum + times, 0)
print('')
for (const [name, times] of [...faults].toSorted(([a], [b]) => a.localeCompare(b))) {
  print(`${String(times).padStart(7)}  ${name}`)
}
print('')
print(
  `${count} seeds, ${totals.accepted} events accepted in ${totals.deliveries} deliveries, ${totals.forged} forgeries refused`,
)
print(`${totals.starts} handler starts, ${totals.done} events done, ${totals.dead} dead and redriven`)
print(
  `${injected} faults injected in ${totals.steps} steps, ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
)
print(violations === 0 ? '0 lost, 0 violations' : `${violations} seeds with a violation`)
process.exitCode = violations === 0 ? 0 : 1

import { createHash } from 'node:crypto'
import { flow, type Flow } from './flow.ts'
import { Violation, watch } from './invariants.ts'
import type { Mutant } from './mutants.ts'
import { makeWorld } from './world.ts'

export interface Outcome {
  readonly seed: number
  readonly violation?: Violation
  /** Equal for equal seeds: the hash of everything that was written and when. */
  readonly trace: string
  readonly counts: {
    readonly accepted: number
    readonly deliveries: number
    readonly forged: number
    readonly done: number
    readonly dead: number
    readonly starts: number
    readonly steps: number
  }
  readonly faults: ReadonlyMap<string, number>
}

/** Virtual time in which things may fail, and then the time in which all must come to rest. */
const troubledMs = 5 * 60_000
const quietMs = 6 * 3_600_000

/** One world from its first webhook to its rest. */
export async function runSeed(seed: number, mutant?: Mutant): Promise<Outcome> {
  const world = makeWorld(seed, mutant)
  const sent = new Map<string, string>()
  const seen = watch(world, sent)
  const trace = createHash('sha256')
  world.ledger.onWrite((_before, after) => {
    trace.update(`${world.clock.now()} ${after?.['pk']?.S} ${after?.['st']?.S} ${after?.['fence']?.N}\n`)
  })
  const running = flow(world, seen, sent)
  const failed = (): boolean => seen.violation !== undefined
  await world.scheduler.run(failed, troubledMs)
  await settleDown(running, failed)
  if (!failed()) seen.checkAtRest(running.maxAttempts)
  if (!failed()) {
    // The causes are mended: what is dead must come back to life.
    await running.redriveAll()
    await settleDown(running, failed)
    if (!failed()) running.checkRedriven()
  }
  return {
    seed,
    ...(seen.violation && { violation: seen.violation }),
    trace: trace.digest('hex').slice(0, 16),
    counts: { ...seen.counts, ...running.counts(), steps: world.scheduler.steps },
    faults: world.faults.counts,
  }

  async function settleDown(what: Flow, over: () => boolean): Promise<void> {
    world.faults.stop()
    await world.scheduler.run(() => over() || what.isAtRest(), quietMs)
  }
}

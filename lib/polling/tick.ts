import { polling } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { epochMs, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { minuteOf, phasesIn, phaseText } from './phases.ts'
import { jobsOf, type JobEntry, type PollJobs } from './poll-jobs.ts'
import type { Phase, Phases, PollRef } from './poll-state.ts'
import type { TickMemory } from './tick-memory.ts'

export interface TickDeps {
  readonly phases: Phases
  readonly jobs: PollJobs
  readonly memory: TickMemory
  /** Whether the config still wants it; what it does not is left where it is. */
  readonly isWanted: (poll: PollRef) => boolean
  /** Compares some connections with their polls; answers how far it has come. */
  readonly reconcile: (after: string | undefined) => Promise<string | undefined>
  /** Does so for those that have just changed. */
  readonly reconcileChanged: () => Promise<unknown>
  readonly log: Log
  readonly metrics: Metrics
}

export interface Ticked {
  readonly polls: number
  readonly jobs: number
}

/**
 * Puts the polls whose turn it is on the queue, and those of minutes that were missed: up to a day of them, which is every
 * poll there is. What it costs grows with what is due, not with what there is.
 * @throws SluiceError `VAULT_UNAVAILABLE` or `BUFFER_UNAVAILABLE`: then the next tick does it.
 */
export async function tick(now: EpochMs, deps: TickDeps): Promise<Ticked> {
  const state = await deps.memory.read()
  const minute = minuteOf(now)
  const ahead = state.minute === undefined ? 1 : minute - state.minute
  // The same minute again, or a clock that was put back by less than an hour.
  const missed = ahead < -60 ? 1 : Math.min(ahead, polling.maxMissedMinutes)
  const due = missed > 0 ? await pollsIn(phasesIn(minute - missed + 1, minute), deps) : []
  const jobs = jobsOf(due, epochMs(minute * 60_000))
  if (jobs.length > 0) await deps.jobs.send(jobs, { spreadMs: polling.staggerMs })
  await changedReconciled(deps)
  const after = await reconciled(state.after, deps)
  const kept = missed > 0 ? minute : (state.minute ?? minute)
  await deps.memory.write({ minute: kept, ...(after !== undefined && { after }) })
  deps.metrics.count('PollsDue', {}, due.length)
  if (missed > 2) deps.log('warn', 'minutes without a tick are made up for', { count: missed - 1 })
  return { polls: due.length, jobs: jobs.length }
}

async function pollsIn(phases: readonly Phase[], deps: TickDeps): Promise<readonly JobEntry[]> {
  const found = await mapBounded(phases, polling.tickConcurrency, (phase) => pollsOf(phase, deps))
  const byName = new Map(found.flat().map((entry) => [`${entry.connection}#${entry.stream}`, entry]))
  return [...byName.values()]
}

async function pollsOf(phase: Phase, { phases, isWanted }: TickDeps): Promise<JobEntry[]> {
  const entries: JobEntry[] = []
  let after: string | undefined
  do {
    const page = await phases.due(phase, after)
    for (const poll of page.polls) if (isWanted(poll)) entries.push({ ...poll, phase: phaseText(phase) })
    after = page.next
  } while (after !== undefined)
  return entries
}

async function changedReconciled({ reconcileChanged, log }: TickDeps): Promise<void> {
  try {
    await reconcileChanged()
  } catch (error) {
    log('warn', 'changed connections could not be compared with their polls', { error: describeError(error) })
  }
}

/** A comparison that fails is made again by the next tick; the polls that are there run. */
async function reconciled(
  after: string | undefined,
  { reconcile, log }: TickDeps,
): Promise<string | undefined> {
  try {
    return await reconcile(after)
  } catch (error) {
    log('warn', 'connections could not be compared with their polls', { error: describeError(error) })
    return after
  }
}

import { backfill as limits } from '../config/backfill-defaults.ts'
import { elapsed, epochMs, later, ms, type EpochMs } from '../primitives/clock.ts'
import { changed, type Backfill, type BackfillChange } from './backfill.ts'
import { jobOf } from './backfill-jobs.ts'
import type { RunBackfillDeps, SliceOutcome, SliceRead } from './backfill-run.ts'
import { retryAt, type Setback } from './failure.ts'

/** Sends the message of the next slice where there is one, saves what was read, and lets go of it. */
export async function endSlice(
  read: Exclude<SliceRead, { kind: 'lost' }>,
  by: string,
  deps: RunBackfillDeps,
): Promise<SliceOutcome> {
  const { backfill } = read
  const now = deps.clock.now()
  if (read.kind === 'set_back') return setBack(backfill, read.setback, by, deps)
  deps.metrics.count('BackfillFound', { provider: backfill.provider }, read.found)
  if (read.kind === 'finished') return end(backfill, { state: 'done', share: 1, place: undefined }, by, deps)
  const saved = await handOver(backfill, {}, later(now, limits.pauseMs), { by, deps })
  return saved === 'lost' ? { kind: 'lost' } : { kind: 'handed_over', found: read.found }
}

/** First the message, then the write that makes the one before it a thing of the past. */
async function handOver(
  backfill: Backfill,
  change: BackfillChange,
  due: EpochMs,
  { by, deps }: { readonly by: string; readonly deps: RunBackfillDeps },
): Promise<'saved' | 'lost'> {
  const slice = backfill.slice + 1
  const delayMs = ms(Math.max(0, elapsed(deps.clock.now(), due)))
  await deps.jobs.send(jobOf(backfill, slice), delayMs)
  return deps.backfills.save(changed(backfill, { ...change, slice, leaseUntil: epochMs(0) }), by)
}

async function end(
  backfill: Backfill,
  change: BackfillChange & { readonly state: 'done' | 'cancelled' | 'failed' | 'paused' },
  by: string,
  { backfills, clock, metrics, log }: RunBackfillDeps,
): Promise<SliceOutcome> {
  const { state } = change
  const { provider, tenant, connection, stream } = backfill
  const ended = changed(backfill, {
    ...change,
    slice: backfill.slice + 1,
    leaseUntil: epochMs(0),
    nextAt: undefined,
    ...(state !== 'paused' && { finishedAt: clock.now() }),
  })
  if ((await backfills.save(ended, by)) === 'lost') return { kind: 'lost' }
  metrics.count('BackfillEnded', { provider, reason: state })
  const why = change.cause ?? change.failure
  log(state === 'done' ? 'info' : 'warn', 'a backfill has stopped', {
    tenant,
    provider,
    connection,
    type: stream,
    status: state,
    count: ended.found,
    ...(why !== undefined && { reason: why }),
  })
  return { kind: 'ended', state }
}

function setBack(
  backfill: Backfill,
  setback: Setback | 'expired',
  by: string,
  deps: RunBackfillDeps,
): Promise<SliceOutcome> {
  if (setback === 'expired') return anew(backfill, by, deps)
  if (setback.kind === 'gone') return end(backfill, { state: 'cancelled', cause: 'disconnected' }, by, deps)
  if (setback.kind === 'blocked') return end(backfill, { state: 'paused', cause: setback.cause }, by, deps)
  const failures = setback.kind === 'held' ? backfill.failures : backfill.failures + 1
  const told = setback.kind === 'failed' ? { failure: setback.failure } : {}
  if (failures >= limits.maxFailures) return end(backfill, { state: 'failed', failures, ...told }, by, deps)
  return again(backfill, { failures, ...told }, retryAt(deps.clock.now(), failures, setback), { by, deps })
}

/** The provider has forgotten the place: the list from its beginning. What comes a second time is dropped at the claim. */
function anew(backfill: Backfill, by: string, deps: RunBackfillDeps): Promise<SliceOutcome> {
  const restarts = backfill.restarts + 1
  if (restarts > limits.maxRestarts)
    return end(
      backfill,
      { state: 'failed', failure: 'the provider forgot the place again and again' },
      by,
      deps,
    )
  const change = { restarts, place: undefined, read: 0 }
  return again(backfill, change, later(deps.clock.now(), limits.pauseMs), { by, deps })
}

async function again(
  backfill: Backfill,
  change: BackfillChange,
  due: EpochMs,
  run: { readonly by: string; readonly deps: RunBackfillDeps },
): Promise<SliceOutcome> {
  const saved = await handOver(backfill, { ...change, nextAt: due }, due, run)
  return saved === 'lost' ? { kind: 'lost' } : { kind: 'set_back', until: due }
}

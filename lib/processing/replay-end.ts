import { replaying as limits } from '../config/replay-defaults.ts'
import { elapsed, epochMs, later, ms, type EpochMs } from '../primitives/clock.ts'
import { jobOf } from './replay-jobs.ts'
import type { RunReplayDeps, SliceOutcome, SliceRead } from './replay-run.ts'
import { changed, type Replay, type ReplayChange } from './replays.ts'

interface Run {
  readonly by: string
  readonly deps: RunReplayDeps
}

/** Sends the message of the next slice where there is one, saves what was sent, and lets go of it. */
export async function endSlice(read: SliceRead, by: string, deps: RunReplayDeps): Promise<SliceOutcome> {
  const { replay, queued, isFinished, failure } = read
  const now = deps.clock.now()
  if (queued > 0) deps.metrics.count('ReplayQueued', {}, queued)
  if (failure !== undefined) return setBack(replay, failure, { by, deps })
  if (isFinished) {
    const isCapped = replay.position !== undefined
    return end(replay, { state: 'done', ...(isCapped && { cause: 'limit' }) }, { by, deps })
  }
  const saved = await handOver(replay, {}, later(now, limits.sliceMs), { by, deps })
  return saved === 'lost' ? { kind: 'lost' } : { kind: 'handed_over', queued }
}

/** First the message, then the write that makes the one before it a thing of the past. */
async function handOver(
  replay: Replay,
  change: ReplayChange,
  due: EpochMs,
  { by, deps }: Run,
): Promise<'saved' | 'lost'> {
  const slice = replay.slice + 1
  const delayMs = ms(Math.max(0, elapsed(deps.clock.now(), due)))
  await deps.jobs.send(jobOf(replay, slice), delayMs)
  // Nor does a message that comes twice make it faster.
  return deps.replays.save(changed(replay, { nextAt: due, ...change, slice, leaseUntil: epochMs(0) }), by)
}

async function setBack(replay: Replay, failure: string, run: Run): Promise<SliceOutcome> {
  const failures = replay.failures + 1
  const { baseMs, capMs } = limits.retry
  if (failures >= limits.maxFailures)
    return end(replay, { state: 'paused', cause: 'failures', failures, failure }, run)
  const due = later(run.deps.clock.now(), Math.min(capMs, baseMs * 2 ** (failures - 1)))
  const saved = await handOver(replay, { failures, failure }, due, run)
  return saved === 'lost' ? { kind: 'lost' } : { kind: 'set_back', until: due }
}

async function end(
  replay: Replay,
  change: ReplayChange & { readonly state: 'done' | 'paused' },
  { by, deps }: Run,
): Promise<SliceOutcome> {
  const { replays, clock, metrics, log } = deps
  const { state } = change
  const ended = changed(replay, {
    ...change,
    slice: replay.slice + 1,
    leaseUntil: epochMs(0),
    nextAt: undefined,
    ...(state === 'done' && { finishedAt: clock.now() }),
  })
  if ((await replays.save(ended, by)) === 'lost') return { kind: 'lost' }
  metrics.count('ReplayEnded', { reason: state })
  const why = change.cause ?? change.failure
  log(state === 'done' ? 'info' : 'warn', 'a replay has stopped', {
    tenant: replay.tenant,
    status: state,
    count: ended.counts.queued,
    ...(why !== undefined && { reason: why }),
  })
  return { kind: 'ended', state }
}

import type { PacedBuffer, PacedMessage } from '../buffer/paced-buffer.ts'
import { replaying as limits } from '../config/replay-defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { Walk } from '../idempotency/walk.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { elapsed, epochMs, later, ms, type EpochMs, type Millis } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { endSlice } from './replay-end.ts'
import { jobOf, type ReplayJob, type ReplayJobs } from './replay-jobs.ts'
import { countedWith, isWanted, messageFor, type MessageDeps } from './replay-messages.ts'
import { perSlice, queryFor } from './replay-plan.ts'
import { changed, type Replay, type Replays } from './replays.ts'

export interface RunReplayDeps extends MessageDeps {
  readonly replays: Replays
  readonly jobs: ReplayJobs
  readonly walk: Pick<Walk, 'whole'>
  /** The bulk queue, which never holds up live events. */
  readonly bulk: PacedBuffer
  readonly random: Random
  /** What is left of this invocation. */
  readonly remainingMs: () => Millis
  readonly log: Log
  readonly metrics: Metrics
}

/** What became of a slice. */
export type SliceOutcome =
  /** Of the past, or of a replay that is paused or over: nothing was done. */
  | { readonly kind: 'dropped' }
  /** Not yet, or another sends it: the message was put back. */
  | { readonly kind: 'waits'; readonly until: EpochMs }
  /** Someone has written meanwhile. What was queued is queued. */
  | { readonly kind: 'lost' }
  /** The rest is a message of its own. */
  | { readonly kind: 'handed_over'; readonly queued: number }
  | { readonly kind: 'ended'; readonly state: Replay['state'] }
  | { readonly kind: 'set_back'; readonly until: EpochMs }

/** What a slice has done: `failure` says what stopped it before its time. */
export interface SliceRead {
  readonly replay: Replay
  readonly queued: number
  readonly isFinished: boolean
  readonly failure?: string
}

const concurrency = 16

/**
 * Sends one slice: from its place page by page onto the bulk queue, and after each page the place. The message for the next slice
 * is sent before this one is counted as done: a crash in between leaves two, of which the second is dropped. A page that is sent
 * twice holds the same events under the same ids.
 * @throws SluiceError `LEDGER_UNAVAILABLE` or `BUFFER_UNAVAILABLE`: then this message has to come again.
 */
export async function runReplay(job: ReplayJob, deps: RunReplayDeps): Promise<SliceOutcome> {
  const { replays, jobs, clock, random } = deps
  const known = await replays.get(job.replay)
  if (known?.state !== 'running' || job.slice < known.slice) return { kind: 'dropped' }
  const now = clock.now()
  const until = Math.max(known.nextAt ?? 0, known.leaseUntil)
  if (until > now) {
    await jobs.send(jobOf(known, known.slice), elapsed(now, epochMs(until)))
    return { kind: 'waits', until: epochMs(until) }
  }
  const by = token128(random)
  const leased = changed(known, { leaseUntil: later(now, deps.remainingMs() + limits.leaseMarginMs) })
  if ((await replays.save(leased, by)) === 'lost') {
    // Another message of this slice was first, or someone has written: whoever it was, the state says what is to be done.
    await jobs.send(jobOf(known, known.slice), ms(1_000))
    return { kind: 'waits', until: later(now, 1_000) }
  }
  const read = await sendSlice(written(leased), by, deps)
  return read === 'lost' ? { kind: 'lost' } : endSlice(read, by, deps)
}

/** As it stands after a write. */
const written = (replay: Replay): Replay => ({ ...replay, version: replay.version + 1 })

async function sendSlice(replay: Replay, by: string, deps: RunReplayDeps): Promise<SliceRead | 'lost'> {
  const most = perSlice(replay.rate)
  const deadline = deadlineAfter(deps.clock, ms(Math.max(1, deps.remainingMs() - limits.leaseMarginMs)))
  let at = replay
  let queued = 0
  try {
    for (;;) {
      const before = at.counts.queued
      const room = Math.min(most - queued, at.limit - before)
      at = await sendPage(at, { room, sent: queued }, deadline.signal, deps)
      queued += at.counts.queued - before
      if (at.position === undefined || at.counts.queued >= at.limit)
        return { replay: at, queued, isFinished: true }
      if (queued >= most || deps.remainingMs() < limits.pageFloorMs)
        return { replay: at, queued, isFinished: false }
      if ((await deps.replays.save(at, by)) === 'lost') return 'lost'
      at = written(at)
    }
  } catch (error) {
    return { replay: at, queued, isFinished: false, failure: wordOf(error) }
  } finally {
    deadline.end()
  }
}

const wordOf = (error: unknown): string =>
  error instanceof SluiceError ? `${error.code}: ${error.message}`.slice(0, 256) : describeError(error)

interface Room {
  /** Most events that this page may queue. */
  readonly room: number
  /** What this slice has queued before. */
  readonly sent: number
}

/** Queues what a page has, and only then counts it as sent. Without a position it was the last one. */
async function sendPage(
  replay: Replay,
  { room, sent }: Room,
  signal: AbortSignal,
  deps: RunReplayDeps,
): Promise<Replay> {
  const query = { ...queryFor(replay), after: replay.position, limit: Math.min(limits.pageEvents, room) }
  const page = await deps.walk.whole(query, signal)
  const wanted = page.records.filter((record) => isWanted(record, replay))
  const all = await mapBounded(wanted, concurrency, (record) => messageFor(record, replay, signal, deps))
  const messages = all.flatMap((each) =>
    each.kind === 'queued' && each.text !== undefined ? [{ text: each.text, tenant: each.tenant }] : [],
  )
  await sendAll(paced(messages, sent, replay.rate), signal, deps)
  return changed(replay, {
    position: page.next,
    counts: countedWith(
      replay.counts,
      all.map(({ kind }) => kind),
    ),
    failures: 0,
    failure: undefined,
    nextAt: undefined,
  })
}

/** Each at its own second of the slice. */
const paced = (
  messages: readonly Omit<PacedMessage, 'delayMs'>[],
  sent: number,
  rate: number,
): PacedMessage[] =>
  messages.map(({ text, tenant }, index) => ({
    text,
    tenant,
    delayMs: ms(Math.floor((sent + index) / rate) * 1_000),
  }))

/** @throws SluiceError `BUFFER_UNAVAILABLE` when not all of them are stored; those that are come a second time then. */
async function sendAll(
  messages: readonly PacedMessage[],
  signal: AbortSignal,
  { bulk, clock, random }: RunReplayDeps,
): Promise<void> {
  let rest = messages
  for (let attempt = 1; rest.length > 0; attempt += 1) {
    const { failed, error } = await bulk.sendPaced(rest, signal)
    rest = failed.flatMap((index) => rest[index] ?? [])
    if (rest.length === 0) return
    if (attempt === limits.sends.attempts)
      throw new SluiceError('BUFFER_UNAVAILABLE', `the queue did not take ${rest.length} events`, {
        cause: error,
      })
    await clock.sleep(fullJitter(limits.sends.retry, attempt, random), signal)
  }
}

import { queue } from '../config/defaults.ts'
import { elapsed, iso, later, ms, type EpochMs } from '../primitives/clock.ts'
import { describeError } from '../errors/sluice-error.ts'
import { retryAt, type Setback } from './failure.ts'
import { healthOf, nextClass } from './interval.ts'
import { nextTurn, phaseFor } from './phases.ts'
import type { Phase, Poll, PollChange, PollGap } from './poll-state.ts'
import { begunAtOf, changeOf, nameOf, type Reading } from './read-on.ts'
import type { PollOutcome, RunPollDeps } from './run-poll.ts'
import type { PollSource } from './source.ts'

/** Saves what was read, decides on the next turns, and releases. */
export async function endRun(
  reading: Reading & { readonly kind: 'ended' | 'paused' },
  source: PollSource,
  deps: RunPollDeps,
): Promise<PollOutcome> {
  const { poll, found } = reading
  deps.metrics.count('PollFound', { provider: poll.provider }, found)
  if (reading.gap) tellGap(reading.gap, poll, deps)
  if (reading.kind === 'paused') return handOver(reading, deps)
  const { takenAt } = reading.lease
  const streak = found > 0 ? Math.max(poll.streak, 0) + 1 : Math.min(poll.streak, 0) - 1
  const phase = phaseAfter(reading, source, streak, deps)
  if (phase) await deps.phases.put(phase, poll)
  const saved = await deps.polls.release(reading.lease, {
    ...changeOf({ ...reading, recent: lastSighted(reading) }),
    ...observations(reading),
    completeAt: begunAtOf(reading),
    ...(found > 0 && { lastChangeAt: takenAt }),
    ...recovered(poll),
    streak: phase ? 0 : clampStreak(streak),
    ...(phase && { phase }),
  })
  if (saved === 'lost') return { kind: 'lost' }
  if (phase) await deps.phases.remove(poll.phase, poll, takenAt)
  return { kind: 'done', found }
}

/** Only what was seen this time can be seen again next time; what a list that has not changed holds is not known. */
const lastSighted = ({ poll, recent, sighted, pages, continued, said }: Reading): string | undefined =>
  pages === 0 || said.notModified || continued || sighted === poll.recent ? recent : sighted

/** Beyond that nothing is decided by it. */
const clampStreak = (streak: number): number => Math.max(-100, Math.min(100, streak))

/** What a run that got through undoes. */
const recovered = (poll: Poll): PollChange => ({
  ...(poll.failures > 0 && { failures: 0, failure: undefined }),
  ...(poll.nextAt !== undefined && { nextAt: undefined }),
  ...(poll.state === 'blocked' && { state: 'active' as const, cause: undefined }),
})

/** What the last answer said beside its items; an answer that says "not changed" repeats nothing. */
function observations({ poll, said, pages, gap }: Reading): PollChange {
  const { etag, lastModified, pollIntervalMs, notModified } = said
  const kept = notModified || pages === 0
  return {
    ...(!kept && etag !== poll.etag && { etag }),
    ...(!kept && lastModified !== poll.lastModified && { lastModified }),
    ...(pollIntervalMs !== undefined &&
      pollIntervalMs !== poll.askedIntervalMs && { askedIntervalMs: pollIntervalMs }),
    ...(gap && { gap }),
  }
}

/** Where the poll moves to; `undefined` where it stays. */
function phaseAfter(
  { poll, said, spare }: Reading,
  source: PollSource,
  streak: number,
  deps: RunPollDeps,
): Phase | undefined {
  const now = deps.clock.now()
  const asked = said.pollIntervalMs ?? poll.askedIntervalMs
  const every = nextClass(poll.phase.every, {
    interval: source.interval,
    health: healthOf(poll, deps.hasWebhooks(poll), now),
    streak,
    ...(spare !== undefined && { spare }),
    ...(asked !== undefined && { askedIntervalMs: asked }),
  })
  return every === poll.phase.every ? undefined : phaseFor(poll, every)
}

/** The place is kept, and the rest is put on the queue; where that fails, the next turn goes on from the place. */
async function handOver(reading: Reading, deps: RunPollDeps): Promise<PollOutcome> {
  const { poll, lease, found } = reading
  const saved = await deps.polls.release(lease, {
    ...changeOf(reading),
    ...(reading.gap && { gap: reading.gap }),
    ...recovered(poll),
    ...(found > 0 && { lastChangeAt: lease.takenAt }),
  })
  if (saved === 'lost') return { kind: 'lost' }
  await queueAgain(poll, later(lease.takenAt, 1), deps)
  return { kind: 'handed_over', found }
}

/** Saves what was read before the setback, and when to try again. */
export async function setBack(
  reading: Reading & { readonly setback: Setback },
  deps: RunPollDeps,
): Promise<PollOutcome> {
  const { poll, lease, setback } = reading
  if (setback.kind === 'gone') return forget(poll, deps)
  const now = deps.clock.now()
  const failures = setback.kind === 'held' ? poll.failures : poll.failures + 1
  const until = retryAt(now, failures, setback)
  const saved = await deps.polls.release(lease, {
    ...changeOf(reading),
    nextAt: until,
    ...(failures !== poll.failures && { failures }),
    ...(setback.kind === 'failed' && { failure: setback.failure }),
    ...(setback.kind === 'blocked' && { state: 'blocked', cause: setback.cause }),
  })
  if (saved === 'lost') return { kind: 'lost' }
  tell(poll, setback, deps)
  // Turns before it are not taken, and the one after it may be long after: a breaker is probed, and closes, at that time.
  const isHeld = setback.kind === 'held' && elapsed(now, until) <= queue.maxDelayMs
  if (isHeld || until < nextTurn(poll.phase, now)) await queueAgain(poll, until, deps)
  if (setback.kind === 'failed') return { kind: 'failed', failure: setback.failure, until }
  return { kind: setback.kind, until }
}

function tell(poll: Poll, setback: Exclude<Setback, { kind: 'gone' }>, { log, metrics }: RunPollDeps): void {
  metrics.count('PollSetback', { provider: poll.provider, reason: setback.kind })
  if (setback.kind === 'failed')
    log('warn', 'a poll failed; its watermark stands', { ...nameOf(poll), error: setback.failure })
  if (setback.kind === 'blocked' && poll.state !== 'blocked')
    log('warn', 'a poll waits for its connection', { ...nameOf(poll), reason: setback.cause })
}

function tellGap({ of, since, until }: PollGap, poll: Poll, { log, metrics }: RunPollDeps): void {
  metrics.count('PollGap', { provider: poll.provider, reason: of })
  log('warn', 'a stretch of time can not be read any more', {
    ...nameOf(poll),
    reason: `${of} from ${iso(since)} to ${iso(until)}`,
  })
}

/** The poll of a connection that was deleted. */
async function forget(poll: Poll, { polls, phases }: RunPollDeps): Promise<PollOutcome> {
  await polls.remove(poll)
  await phases.remove(poll.phase, poll)
  return { kind: 'gone' }
}

async function queueAgain(poll: Poll, due: EpochMs, { jobs, clock, log }: RunPollDeps): Promise<void> {
  const { tenant, provider, connection, stream } = poll
  const delayMs = ms(Math.max(0, due - clock.now()))
  try {
    await jobs.send(
      [
        {
          v: 1,
          due: due > clock.now() ? due : clock.now(),
          polls: [{ tenant, provider, connection, stream }],
        },
      ],
      { delayMs },
    )
  } catch (error) {
    log('warn', 'the rest of a poll could not be queued; its next turn goes on', {
      ...nameOf(poll),
      error: describeError(error),
    })
  }
}

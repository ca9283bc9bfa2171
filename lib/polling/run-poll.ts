import type { EnqueueDeps } from '../buffer/enqueue.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { asking } from '../config/asking-defaults.ts'
import { polling } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { elapsed, epochMs, later, type EpochMs, type Millis } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { endRun, setBack } from './end-run.ts'
import { freshnessOf, standsStill } from './freshness.ts'
import { phaseOf } from './phases.ts'
import type { PollJobs } from './poll-jobs.ts'
import type { Phases, Poll, PollRef, Polls } from './poll-state.ts'
import { nameOf, readOn, type Reading } from './read-on.ts'
import type { SourceOf } from './source.ts'

export interface RunPollDeps extends EnqueueDeps {
  readonly polls: Polls
  readonly phases: Phases
  readonly jobs: PollJobs
  readonly sourceOf: SourceOf
  /** Calls the provider by the poll's connection, with the priority of a poll. */
  readonly clientOf: (poll: Poll) => RetryingClient
  /** The endpoint whose events the poll's are, by the config as it is now. */
  readonly endpointOf: (poll: Poll) => string
  /** Whether webhooks bring the stream too. */
  readonly hasWebhooks: (poll: Poll) => boolean
  /** What is left of this invocation. */
  readonly remainingMs: () => Millis
  readonly log: Log
  readonly metrics: Metrics
}

/** Which poll, and why now. */
export interface PollOrder extends PollRef {
  readonly due: Poll['lastRunAt']
  readonly urgent?: boolean | undefined
  /** Where another is at it, it comes again: what it is for may be too new for that run. */
  readonly insists?: boolean | undefined
  /** The phase whose turn it is. */
  readonly phase?: string | undefined
}

/** What became of a run: the only outcomes there are. `found`: events that were put on the queue. */
export type PollOutcome =
  /** Read to its end. */
  | { readonly kind: 'done'; readonly found: number }
  /** Read as far as the time went; the rest is a job of its own. */
  | { readonly kind: 'handed_over'; readonly found: number }
  /** The provider was not to be called, or only someone's doing can help. */
  | { readonly kind: 'held' | 'blocked'; readonly until: Poll['lastRunAt'] }
  | { readonly kind: 'failed'; readonly failure: string; readonly until: Poll['lastRunAt'] }
  /** Another runs it. */
  | { readonly kind: 'busy' }
  /** It has run since, waits, or is paused. */
  | { readonly kind: 'not_due' }
  /** Another has written while it ran: what was queued is queued, nothing was moved. */
  | { readonly kind: 'lost' }
  /** There is no such poll, connection or stream any more. */
  | { readonly kind: 'gone' }

/**
 * Runs one poll: from its watermark less the overlap, or its cursor, or where the last slice stopped; page by page onto the
 * queue, and after each the watermark. Whatever happens in between, what was read is read again, and nothing is skipped.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store of polls does not answer; then nothing is known to have changed.
 */
export async function runPoll(order: PollOrder, deps: RunPollDeps): Promise<PollOutcome> {
  const { polls, clock, random } = deps
  const wish = {
    owner: token128(random),
    until: later(clock.now(), deps.remainingMs() + polling.leaseMarginMs),
    due: order.due,
    ...(order.urgent && { urgent: true }),
  }
  const outcome = await polls.lease(order, wish)
  if (outcome.kind === 'busy') {
    if (order.insists) await comeAgain(order, deps)
    return { kind: 'busy' }
  }
  await sweepStray(order, outcome.kind === 'gone' ? undefined : outcome.poll, deps)
  if (outcome.kind !== 'leased') return { kind: outcome.kind }
  const source = deps.sourceOf(outcome.poll)
  if (!source) {
    await polls.release(outcome.lease, {})
    return { kind: 'gone' }
  }
  const read = await readOn(outcome.poll, outcome.lease, source, deps)
  if (read.kind === 'lost') return { kind: 'lost' }
  const ended = read.kind === 'set_back' ? await setBack(read, deps) : await endRun(read, source, deps)
  if (ended.kind === 'lost' || ended.kind === 'gone') return ended
  tellStill(outcome.poll, read, ended, deps)
  tellLag(outcome.poll, outcome.lease.takenAt, ended, deps)
  return ended
}

async function comeAgain(
  { tenant, provider, connection, stream, due }: PollOrder,
  { jobs, log }: RunPollDeps,
): Promise<void> {
  const poll = { tenant, provider, connection, stream }
  try {
    await jobs.send([{ v: 1, due, insists: true, polls: [poll] }], { delayMs: asking.againMs })
  } catch (error) {
    log('warn', 'a poll that was asked for could not be queued again; its next turn comes', {
      tenant,
      provider,
      connection,
      type: stream,
      error: describeError(error),
    })
  }
}

/** Only a run can tell: a schedule that does not run has an alarm of its own. */
function tellStill(
  before: Poll,
  { progress: { watermark }, found }: Pick<Reading, 'progress' | 'found'>,
  { kind }: PollOutcome,
  { clock, log, metrics }: RunPollDeps,
): void {
  const reason = standsStill(before, { watermark, found, isDone: kind === 'done' }, clock.now())
  if (reason === undefined) return
  metrics.count('WatermarkStill', { provider: before.provider, reason })
  log('warn', 'a watermark stands still although its turns come', { ...nameOf(before), reason })
}

/** How old what is known is once a run is over: one that has read to its end knows all until it began. */
function tellLag(
  before: Poll,
  begunAt: EpochMs,
  { kind }: PollOutcome,
  { clock, metrics }: RunPollDeps,
): void {
  const now = clock.now()
  const lagMs = kind === 'done' ? elapsed(begunAt, now) : freshnessOf(before, now).lagMs
  metrics.measure('PollLag', lagMs, { provider: before.provider })
}

/** A row of a phase that the poll is not in, or whose poll is gone, is a trace of a crash: nobody else would take it away. */
async function sweepStray(
  order: PollOrder,
  poll: Poll | undefined,
  { phases, clock }: RunPollDeps,
): Promise<void> {
  const phase = order.phase === undefined ? undefined : phaseOf(order.phase)
  if (!phase || (poll?.phase.every === phase.every && poll.phase.slot === phase.slot)) return
  await phases.remove(phase, order, epochMs(clock.now() - polling.strayRowMs))
}

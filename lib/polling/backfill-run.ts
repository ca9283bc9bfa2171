import { enqueueAll, type EnqueueDeps } from '../buffer/enqueue.ts'
import { backfill as limits } from '../config/backfill-defaults.ts'
import { polling } from '../config/defaults.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { elapsed, epochMs, iso, later, ms, type EpochMs, type Millis } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { token128 } from '../primitives/random.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { changed, type Backfill, type Backfills } from './backfill.ts'
import { endSlice } from './backfill-end.ts'
import { jobOf, type BackfillJob, type BackfillJobs } from './backfill-jobs.ts'
import { shareOf, totalOf } from './backfill-progress.ts'
import type { BackfillSource } from './backfill-source.ts'
import { eventOf } from './event-of.ts'
import { saysExpired, setbackOf, type Setback } from './failure.ts'
import type { ListedPage, ListingFrom } from './listing.ts'

export interface RunBackfillDeps extends EnqueueDeps {
  readonly backfills: Backfills
  readonly jobs: BackfillJobs
  /** `undefined` where nothing declares the stream any more. */
  readonly sourceOf: (backfill: Backfill) => BackfillSource | undefined
  /** Calls the provider by the connection, with the priority of a backfill. */
  readonly clientOf: (backfill: Backfill) => RetryingClient
  /** What is left of this invocation. */
  readonly remainingMs: () => Millis
  readonly log: Log
  readonly metrics: Metrics
}

/** What became of a slice. */
export type SliceOutcome =
  /** Of the past, or of a backfill that is paused or over: nothing was done. */
  | { readonly kind: 'dropped' }
  /** Not yet, or another reads it: the message was put back. */
  | { readonly kind: 'waits'; readonly until: EpochMs }
  /** Someone has written meanwhile. What was queued is queued. */
  | { readonly kind: 'lost' }
  /** The rest is a message of its own. */
  | { readonly kind: 'handed_over'; readonly found: number }
  | { readonly kind: 'ended'; readonly state: Backfill['state'] }
  | { readonly kind: 'set_back'; readonly until: EpochMs }

/** What a slice has done so far. */
export interface Slice {
  readonly backfill: Backfill
  readonly by: string
  readonly source: BackfillSource
}

export type SliceRead =
  | { readonly kind: 'finished' | 'paused'; readonly backfill: Backfill; readonly found: number }
  | { readonly kind: 'set_back'; readonly backfill: Backfill; readonly setback: Setback | 'expired' }
  | { readonly kind: 'lost' }

/**
 * Reads one slice: from its place page by page onto the queue, and after each page the place. The message for the next slice is
 * sent before this one is counted as done: a crash in between leaves two, of which the second is dropped.
 * @throws SluiceError `VAULT_UNAVAILABLE` or `BUFFER_UNAVAILABLE`: then this message has to come again.
 */
export async function runBackfill(job: BackfillJob, deps: RunBackfillDeps): Promise<SliceOutcome> {
  const { backfills, jobs, clock, random } = deps
  const known = await backfills.get(job)
  if (known?.state !== 'running' || job.slice < known.slice) return { kind: 'dropped' }
  const now = clock.now()
  const until = Math.max(known.nextAt ?? 0, known.leaseUntil)
  if (until > now) {
    await jobs.send(jobOf(known, known.slice), elapsed(now, epochMs(until)))
    return { kind: 'waits', until: epochMs(until) }
  }
  const by = token128(random)
  const leased = changed(known, { leaseUntil: later(now, deps.remainingMs() + polling.leaseMarginMs) })
  if ((await backfills.save(leased, by)) === 'lost') {
    // Another message of this slice was first, or someone has written: whoever it was, the state says what is to be done.
    await jobs.send(jobOf(known, known.slice), limits.pauseMs)
    return { kind: 'waits', until: later(now, limits.pauseMs) }
  }
  const backfill = written(leased)
  const source = deps.sourceOf(backfill)
  const read: SliceRead = source
    ? await readSlice({ backfill, by, source }, deps)
    : { kind: 'set_back', backfill, setback: { kind: 'gone' } }
  return read.kind === 'lost' ? read : endSlice(read, by, deps)
}

/** As it stands after a write. */
const written = (backfill: Backfill): Backfill => ({ ...backfill, version: backfill.version + 1 })

async function readSlice({ backfill, by, source }: Slice, deps: RunBackfillDeps): Promise<SliceRead> {
  const { clock, remainingMs, clientOf } = deps
  const deadline = deadlineAfter(clock, ms(Math.max(1, remainingMs() - polling.saveMs)))
  let at = backfill
  let pages = 0
  try {
    const options = { signal: deadline.signal, now: backfill.until ?? backfill.begunAt }
    for await (const page of source.read(startOf(backfill, source), clientOf(backfill), options)) {
      at = await withPage({ backfill: at, by, source }, page, deadline.signal, deps)
      pages += 1
      const found = at.found - backfill.found
      if (!page.place) return { kind: 'finished', backfill: at, found }
      if (pages >= limits.slicePages || remainingMs() < polling.pageFloorMs)
        return { kind: 'paused', backfill: at, found }
      if ((await deps.backfills.save(at, by)) === 'lost') return { kind: 'lost' }
      at = written(at)
    }
    return { kind: 'finished', backfill: at, found: at.found - backfill.found }
  } catch (error) {
    const isResumed = backfill.place !== undefined && pages === 0
    const expired = saysExpired(error, { hasCursor: at.place !== undefined, isResumed })
    return { kind: 'set_back', backfill: at, setback: expired ? 'expired' : setbackOf(error) }
  } finally {
    deadline.end()
  }
}

/** Without a cursor of the provider's: that counts for the poll alone. */
const startOf = ({ from, place }: Backfill, { kind }: BackfillSource): ListingFrom => ({
  watermark: kind === 'block' ? '0' : iso(from),
  ...(place && { place }),
})

/** Queues what a page has, and only then counts it as read. */
async function withPage(
  { backfill, source }: Slice,
  page: ListedPage,
  signal: AbortSignal,
  deps: RunBackfillDeps,
): Promise<Backfill> {
  const { until } = backfill
  const now = deps.clock.now()
  const inside = page.items.filter(
    ({ occurredAt }) => until === undefined || occurredAt === undefined || occurredAt <= until,
  )
  await enqueueAll(
    inside.map((item) => eventOf(item, backfill, { receivedAt: now, hasWebhooks: false })),
    signal,
    deps,
  )
  const counted = changed(backfill, {
    read: backfill.read + page.items.length,
    total: totalOf(backfill, page),
  })
  return changed(counted, {
    place: page.place,
    pages: backfill.pages + 1,
    found: backfill.found + inside.length,
    share: shareOf(counted, page, source),
    gap: page.gap ?? backfill.gap,
    failures: 0,
    failure: undefined,
    nextAt: undefined,
  })
}

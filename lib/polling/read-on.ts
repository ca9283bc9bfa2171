import { polling } from '../config/defaults.ts'
import { enqueueAll } from '../buffer/enqueue.ts'
import { ms, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { afterPage, forgotten, readFrom, type Progress } from './advance.ts'
import { eventOf } from './event-of.ts'
import { saysExpired, setbackOf, type Setback } from './failure.ts'
import { afterWrite, type Poll, type PollChange, type PollLease } from './poll-state.ts'
import { rememberRecent, unlessRecent } from './recent.ts'
import type { RunPollDeps } from './run-poll.ts'
import { spareOf } from './spare.ts'
import type { ListedPage } from './listing.ts'
import type { PollSource } from './source.ts'

/** A run as far as it is. */
export interface Reading {
  readonly poll: Poll
  readonly lease: PollLease
  readonly progress: Progress
  readonly recent: string | undefined
  /** Hashes of the events of this slice. */
  readonly sighted: string | undefined
  /** An earlier slice began it. */
  readonly continued: boolean
  /** Events that were queued since the last write. */
  readonly unsaved: number
  /** Events that were queued in this slice. */
  readonly found: number
  readonly pages: number
  /** The last page, for what its answer says beside its items. */
  readonly said: Pick<ListedPage, 'etag' | 'lastModified' | 'pollIntervalMs' | 'notModified'>
  readonly gap?: ListedPage['gap']
  /** Share of the rate limit that is left, where the provider says it. */
  readonly spare?: number | undefined
}

/** `paused`: the time is over, the rest is for another slice. */
export type ReadOutcome =
  | ({ readonly kind: 'ended' | 'paused' } & Reading)
  | ({ readonly kind: 'set_back'; readonly setback: Setback; readonly expired: boolean } & Reading)
  | { readonly kind: 'lost' }

/** When the reading began that this slice goes on with, or has begun. */
export const begunAtOf = ({
  poll,
  lease,
  continued,
}: Pick<Reading, 'poll' | 'lease' | 'continued'>): EpochMs =>
  (continued ? poll.begunAt : undefined) ?? lease.takenAt

/** What of a reading is saved. */
export function changeOf(reading: Reading): PollChange {
  const { poll, progress, recent, unsaved } = reading
  const begunAt = progress.place && begunAtOf(reading)
  return {
    ...(progress.watermark !== poll.watermark && { watermark: progress.watermark }),
    ...(progress.cursor !== poll.cursor && { cursor: progress.cursor }),
    ...(progress.place !== poll.place && { place: progress.place }),
    ...(begunAt !== poll.begunAt && { begunAt }),
    ...(recent !== poll.recent && { recent }),
    ...(unsaved > 0 && { found: unsaved }),
  }
}

export const nameOf = ({ tenant, provider, connection, stream }: Poll) => ({
  tenant,
  provider,
  connection,
  type: stream,
})

/** Reads from where the poll stands until the end, the end of the time, or a setback; saves after each page but the last. */
export async function readOn(
  poll: Poll,
  lease: PollLease,
  source: PollSource,
  deps: RunPollDeps,
): Promise<ReadOutcome> {
  const begun: Reading = {
    poll,
    lease,
    progress: progressOf(poll),
    recent: poll.recent,
    sighted: undefined,
    continued: poll.place !== undefined,
    unsaved: 0,
    found: 0,
    pages: 0,
    said: {},
  }
  const outcome = await readOnce(begun, source, deps)
  if (outcome.kind !== 'set_back' || !outcome.expired) return outcome
  deps.metrics.count('PollCursorExpired', { provider: poll.provider })
  deps.log('warn', 'a cursor has expired: the stream is read again from its watermark', nameOf(poll))
  return readOnce({ ...outcome, progress: forgotten(outcome.progress), continued: false }, source, deps)
}

const progressOf = ({ watermark, cursor, place }: Poll): Progress => ({
  ...(watermark && { watermark }),
  ...(cursor !== undefined && { cursor }),
  ...(place && { place }),
})

/** One enumeration, as far as it goes without being begun anew. */
async function readOnce(from: Reading, source: PollSource, deps: RunPollDeps): Promise<ReadOutcome> {
  const { clock, remainingMs } = deps
  const deadline = deadlineAfter(clock, ms(Math.max(1, remainingMs() - polling.saveMs)))
  const spare = spareOf(deps.clientOf(from.poll))
  let reading = from
  try {
    const start = readFrom(from.progress, from.poll)
    const options = { signal: deadline.signal, now: clock.now() }
    for await (const page of source.read(start, spare.client, options)) {
      reading = { ...(await withPage(reading, page, deadline.signal, deps)), spare: spare.left() }
      if (!page.place) return { ...reading, kind: 'ended' }
      if (isOver(reading, deps)) return { ...reading, kind: 'paused' }
      const saved = reading.unsaved > 0 ? await save(reading, deps) : reading
      if (!saved) return { kind: 'lost' }
      reading = saved
    }
    const { place: _, ...progress } = reading.progress
    return { ...reading, progress, kind: 'ended' }
  } catch (error) {
    return { ...reading, kind: 'set_back', setback: setbackOf(error), expired: isExpired(reading, error) }
  } finally {
    deadline.end()
  }
}

/** Of a place that an earlier slice left, whatever is wrong with the request is wrong with the place. */
function isExpired({ progress: { cursor, place }, continued, pages }: Reading, thrown: unknown): boolean {
  return saysExpired(thrown, {
    isResumed: continued && pages === 0,
    hasCursor: cursor !== undefined || place !== undefined,
  })
}

const isOver = ({ pages }: Reading, { remainingMs }: RunPollDeps): boolean =>
  pages >= polling.slicePages || remainingMs() < polling.pageFloorMs

/** Queues what a page has, and only then counts it as read. */
async function withPage(
  reading: Reading,
  page: ListedPage,
  signal: AbortSignal,
  deps: RunPollDeps,
): Promise<Reading> {
  const now = deps.clock.now()
  const progress = afterPage(reading.progress, page, now)
  const items = unlessRecent(page.items, reading.recent)
  const named = { ...reading.poll, endpoint: deps.endpointOf(reading.poll) }
  const how = { receivedAt: now, hasWebhooks: deps.hasWebhooks(reading.poll) }
  await enqueueAll(
    items.map((item) => eventOf(item, named, how)),
    signal,
    deps,
  )
  const { etag, lastModified, pollIntervalMs, notModified, gap } = page
  return {
    ...reading,
    progress,
    recent: rememberRecent(page.items, reading.recent),
    sighted: rememberRecent(page.items, reading.sighted),
    unsaved: reading.unsaved + items.length,
    found: reading.found + items.length,
    pages: reading.pages + 1,
    said: {
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      ...(pollIntervalMs !== undefined && { pollIntervalMs }),
      ...(notModified && { notModified }),
    },
    ...(gap && { gap }),
  }
}

async function save(reading: Reading, { polls }: RunPollDeps): Promise<Reading | undefined> {
  if ((await polls.advance(reading.lease, changeOf(reading))) === 'lost') return undefined
  const { watermark: _, cursor: __, place: ___, begunAt: ____, recent: _____, ...rest } = reading.poll
  const { progress, recent } = reading
  return {
    ...reading,
    poll: {
      ...rest,
      ...progress,
      ...(progress.place && { begunAt: begunAtOf(reading) }),
      ...(recent !== undefined && { recent }),
    },
    lease: afterWrite(reading.lease),
    unsaved: 0,
  }
}

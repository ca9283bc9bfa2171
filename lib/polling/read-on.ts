import { polling } from '../config/defaults.ts'
import { enqueueAll, type Unplaced } from '../buffer/enqueue.ts'
import { ms, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { afterPage, finished, forgotten, readFrom, type Progress } from './advance.ts'
import { saysExpired, setbackOf, type Setback } from './failure.ts'
import { NotModified, observedClient, type ObservedClient, type Seen } from './observed-client.ts'
import { afterWrite, type Poll, type PollChange, type PollLease } from './poll-state.ts'
import { rememberRecent, unlessRecent } from './recent.ts'
import type { RunPollDeps } from './run-poll.ts'
import type { PolledEvent, PolledPage, PollSource } from './source.ts'

/** A run as far as it is. */
export interface Reading {
  readonly poll: Poll
  readonly lease: PollLease
  readonly source: PollSource
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
  readonly seen: Seen
}

/** `paused`: the time is over, the rest is for another slice. */
export type ReadOutcome =
  | ({ readonly kind: 'ended' | 'paused' } & Reading)
  | ({ readonly kind: 'set_back'; readonly setback: Setback; readonly expired?: boolean } & Reading)
  | { readonly kind: 'lost' }

/** What of a reading is saved. */
export const changeOf = ({ poll, progress, recent, unsaved }: Reading): PollChange => ({
  ...(progress.watermark !== poll.watermark && { watermark: progress.watermark }),
  ...(progress.cursor !== poll.cursor && { cursor: progress.cursor }),
  ...(progress.unfinished !== poll.unfinished && { unfinished: progress.unfinished }),
  ...(recent !== poll.recent && { recent }),
  ...(unsaved > 0 && { found: unsaved }),
})

/** Reads from where the poll stands until the end, the end of the time, or a setback; saves after each page but the last. */
export async function readOn(
  { poll, lease, source }: Pick<Reading, 'poll' | 'lease' | 'source'>,
  deps: RunPollDeps,
): Promise<ReadOutcome> {
  const observed = observedClient(deps.clientOf(poll), poll.unfinished ? undefined : poll.validators)
  const { watermark, cursor, unfinished } = poll
  const progress: Progress = {
    ...(watermark && { watermark }),
    ...(cursor !== undefined && { cursor }),
    ...(unfinished && { unfinished }),
  }
  let reading: Reading = {
    poll,
    lease,
    source,
    progress,
    recent: poll.recent,
    sighted: undefined,
    continued: unfinished !== undefined,
    unsaved: 0,
    found: 0,
    pages: 0,
    seen: {},
  }
  let restarted = false
  for (;;) {
    const step = await readOnce(reading, observed, deps)
    if (step.kind === 'again') {
      reading = step
      continue
    }
    if (step.kind !== 'set_back' || !step.expired || restarted) return step
    restarted = true
    deps.metrics.count('PollCursorExpired', { provider: poll.provider })
    deps.log('warn', 'a cursor has expired: the stream is read again from its watermark', nameOf(poll))
    reading = { ...step, progress: forgotten(step.progress) }
  }
}

export const nameOf = ({ tenant, provider, connection, stream }: Poll) => ({
  tenant,
  provider,
  connection,
  type: stream,
})

type Step = ReadOutcome | ({ readonly kind: 'again' } & Reading)

/** One enumeration, as far as it goes without being begun anew. */
async function readOnce(from: Reading, observed: ObservedClient, deps: RunPollDeps): Promise<Step> {
  let reading = from
  try {
    for await (const page of from.source.read(readFrom(from.progress), observed.client)) {
      reading = await withPage({ ...reading, seen: observed.seen() }, page, deps)
      if (!reading.progress.unfinished)
        return { kind: goesOn(from, reading, page) ? 'again' : 'ended', ...reading }
      if (isOver(reading, deps)) return { kind: 'paused', ...reading }
      if (reading.unsaved > 0) {
        const saved = await save(reading, deps)
        if (!saved) return { kind: 'lost' }
        reading = saved
      }
      if (!reading.progress.unfinished?.place) return { kind: 'again', ...reading }
    }
    return { kind: 'ended', ...reading, progress: finished(reading.progress), seen: observed.seen() }
  } catch (error) {
    if (error instanceof NotModified) return { kind: 'ended', ...reading, seen: observed.seen() }
    const { cursor, unfinished } = reading.progress
    const expired =
      (cursor !== undefined || unfinished?.place !== undefined) && saysExpired(error, from.source.expired)
    return { kind: 'set_back', setback: setbackOf(error), ...(expired && { expired }), ...reading }
  }
}

/** A window was read whole and did lead on: the next one at once. */
const goesOn = (from: Reading, { progress, pages }: Reading, page: PolledPage): boolean =>
  page.more === true &&
  pages < polling.slicePages &&
  (progress.watermark?.at ?? 0) > (from.progress.watermark?.at ?? 0)

const isOver = ({ pages }: Reading, { remainingMs }: RunPollDeps): boolean =>
  pages >= polling.slicePages || remainingMs() < polling.pageFloorMs

/** Queues what a page has, and only then counts it as read. */
async function withPage(reading: Reading, page: PolledPage, deps: RunPollDeps): Promise<Reading> {
  const { progress, source } = reading
  const now = deps.clock.now()
  const events = unlessRecent(page.envelopes, reading.recent)
  const next = afterPage(progress, page, source, now)
  await enqueue(events, now, deps)
  return {
    ...reading,
    progress: next,
    recent: rememberRecent(page.envelopes, reading.recent),
    sighted: rememberRecent(page.envelopes, reading.sighted),
    unsaved: reading.unsaved + events.length,
    found: reading.found + events.length,
    pages: reading.pages + 1,
  }
}

async function enqueue(
  events: PolledPage['envelopes'],
  receivedAt: EpochMs,
  deps: RunPollDeps,
): Promise<void> {
  if (events.length === 0) return
  const deadline = deadlineAfter(deps.clock, ms(Math.max(1_000, deps.remainingMs())))
  try {
    const placed = events.map((event) => unplaced(event, receivedAt))
    await enqueueAll(placed, deadline.signal, deps)
  } finally {
    deadline.end()
  }
}

function unplaced({ time, ...event }: PolledEvent, receivedAt: EpochMs): Unplaced {
  return { ...event, ...(time && { occurredAt: event.occurredAt ?? time.at }), receivedAt }
}

async function save(reading: Reading, { polls }: RunPollDeps): Promise<Reading | undefined> {
  if ((await polls.advance(reading.lease, changeOf(reading))) === 'lost') return undefined
  const { progress, recent } = reading
  const { watermark: _, cursor: __, unfinished: ___, recent: ____, ...rest } = reading.poll
  return {
    ...reading,
    poll: { ...rest, ...progress, ...(recent !== undefined && { recent }) },
    lease: afterWrite(reading.lease),
    unsaved: 0,
  }
}

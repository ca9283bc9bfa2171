import { polling } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { PagePlace } from '../outbound/page-turn.ts'
import { later, type EpochMs } from '../primitives/clock.ts'
import type { Poll, ProviderTime, UnfinishedRun } from './poll-state.ts'
import { laterOf, unlessAbove } from './provider-time.ts'
import type { PolledPage, PollSource, ReadFrom } from './source.ts'

/** How far an enumeration is; what is saved of it is exactly this. */
export type Progress = Pick<Poll, 'watermark' | 'cursor' | 'unfinished'>

/** Where a reading goes on. */
export const readFrom = ({ watermark, cursor, unfinished }: Progress): ReadFrom => {
  const from = unfinished ? unfinished.began : watermark
  return {
    ...(from && { watermark: from }),
    ...(unfinished?.since && { since: unfinished.since }),
    ...(cursor !== undefined && { cursor }),
    ...(unfinished?.place && { place: unfinished.place }),
  }
}

/**
 * The progress after a page of which everything is durably queued. The watermark moves to the largest provider time of items
 * that are, never above `now` and the skew, never back; page by page where pages come in order, else at the end.
 * @throws SluiceError `ANSWER_REFUSED` for a cursor that is none.
 */
export function afterPage(
  progress: Progress,
  page: PolledPage,
  { order, shifts = false }: Pick<PollSource, 'order' | 'shifts'>,
  now: EpochMs,
): Progress {
  const limit = later(now, polling.skewMs)
  const times = page.envelopes.flatMap(({ time }) => unlessAbove(time, limit) ?? [])
  const top = times.reduce<ProviderTime | undefined>(laterOf, unlessAbove(page.largest, limit))
  const run: UnfinishedRun = progress.unfinished ?? {
    ...(progress.watermark && { began: progress.watermark }),
  }
  const largest = laterOf(run.largest, top)
  const reading: UnfinishedRun = { ...run, ...(largest && { largest }) }
  const breaks = order === 'ascending' && !run.disordered && !isInOrder(run.largest, times)
  if (breaks && run.since) return disordered(progress, reading, undefined)
  if (!page.place) return finished({ ...progress, unfinished: reading }, page.cursor)
  if (breaks || run.disordered) return disordered(progress, reading, page.place)
  if (order !== 'ascending') return { ...progress, unfinished: { ...reading, place: page.place } }
  const watermark = laterOf(progress.watermark, largest)
  // In a list that moves under its reader, a place would skip: the next page is asked for by time, as far as that leads on.
  const start = run.since ?? run.began
  const next = shifts && top && (!start || top.at > start.at) ? { since: top } : { place: page.place }
  const { place: _, ...kept } = reading
  return { ...progress, ...(watermark && { watermark }), unfinished: { ...kept, ...next } }
}

/**
 * Pages do not come in the order that was promised: the watermark stands where it stood, and moves at the end. Without a place
 * it begins anew: what was asked for by time has left out what stood further down.
 */
function disordered(progress: Progress, run: UnfinishedRun, place: PagePlace | undefined): Progress {
  const { watermark: _, ...rest } = progress
  const { since: __, place: ___, ...kept } = run
  return {
    ...rest,
    ...(run.began && { watermark: run.began }),
    unfinished: { ...kept, disordered: true, ...(place && { place }) },
  }
}

/** The progress at the end of an enumeration. */
export function finished({ watermark, cursor, unfinished }: Progress, next?: unknown): Progress {
  const reached = laterOf(watermark, unfinished?.largest)
  const counted = next === undefined ? cursor : checkedCursor(next, cursor)
  return { ...(reached && { watermark: reached }), ...(counted !== undefined && { cursor: counted }) }
}

/** The progress after the provider has forgotten the cursor, or the place in a list: the watermark remains. */
export function forgotten({ watermark, unfinished }: Progress): Progress {
  const from = unfinished?.disordered ? unfinished.began : watermark
  return from ? { watermark: from } : {}
}

const isInOrder = (before: ProviderTime | undefined, times: readonly ProviderTime[]): boolean =>
  [...(before ? [before] : []), ...times].every(({ at }, index, all) => at >= (all[index - 1]?.at ?? at))

/** Text, a number or plain data of the same type as before, at most 4 KiB of JSON. */
function checkedCursor(next: unknown, before: unknown): unknown {
  const text = JSON.stringify(next) as string | undefined
  const isOne =
    next !== null &&
    text !== undefined &&
    Buffer.byteLength(text) <= polling.cursorBytes &&
    (typeof next !== 'string' || !/\p{Cc}/u.test(next)) &&
    (typeof next !== 'number' || Number.isSafeInteger(next)) &&
    (before === undefined || typeof next === typeof before)
  if (!isOne)
    throw new SluiceError('ANSWER_REFUSED', 'the cursor is none: it is too long, or of another form')
  return text === JSON.stringify(before) ? before : next
}

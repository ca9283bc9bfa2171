import { polling } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { later, type EpochMs } from '../primitives/clock.ts'
import type { Poll, ProviderTime } from './poll-state.ts'
import type { ListedPage, ListingFrom } from './listing.ts'

/** How far a stream has been read; what is saved of it is exactly this. */
export type Progress = Pick<Poll, 'watermark' | 'cursor' | 'place'>

/** Where a reading goes on. What asks "did it change?" is for a reading that begins, not for one that goes on. */
export const readFrom = ({ watermark, cursor, place }: Progress, poll: Poll): ListingFrom => ({
  ...(watermark && { watermark: watermark.text }),
  ...(cursor !== undefined && { cursor }),
  ...(place && { place }),
  ...(!place && poll.etag !== undefined && { etag: poll.etag }),
  ...(!place && poll.lastModified !== undefined && { lastModified: poll.lastModified }),
})

/**
 * The progress after a page of which everything is durably queued. The watermark moves to the provider time that the page
 * proves; never above our own clock and the skew, and never back.
 * @throws SluiceError `ANSWER_REFUSED` for a cursor that is none.
 */
export function afterPage(progress: Progress, page: ListedPage, now: EpochMs): Progress {
  const { largest, place } = page
  const proven = largest && largest.at <= later(now, polling.skewMs) ? largest : undefined
  const watermark = laterOf(progress.watermark, proven)
  const cursor = page.cursor === undefined ? progress.cursor : checkedCursor(page.cursor, progress.cursor)
  return {
    ...(watermark && { watermark }),
    ...(cursor !== undefined && { cursor }),
    ...(place && { place }),
  }
}

/** The progress after the provider has forgotten the cursor, or the place in a list: the watermark remains. */
export const forgotten = ({ watermark }: Progress): Progress => (watermark ? { watermark } : {})

/** The later of two; where they are the same instant, the first. */
const laterOf = (a: ProviderTime | undefined, b: ProviderTime | undefined): ProviderTime | undefined =>
  a && b ? (b.at > a.at ? b : a) : (a ?? b)

/** Plain data of at most 8 KiB of JSON, which a whole item of the table has room for many times; `null` is none. */
function checkedCursor(next: unknown, before: unknown): unknown {
  if (next === null) return undefined
  const text = JSON.stringify(next) as string | undefined
  if (text === undefined || Buffer.byteLength(text) > polling.cursorBytes)
    throw new SluiceError('ANSWER_REFUSED', 'the cursor is none: it is too long, or no data')
  return text === JSON.stringify(before) ? before : next
}

import type { Backfill } from './backfill.ts'
import type { BackfillSource } from './backfill-source.ts'
import type { ListedPage } from './listing.ts'
import { stopAt } from './place.ts'
import { leftBy } from './reading.ts'

/** Until the end is reached it is not shown. */
const almost = 0.999

/**
 * How far a backfill is, 0 to 1: by the provider's own total where it tells one, else by how much of the window was read;
 * `undefined` where neither is known. Never less than before.
 */
export function shareOf(
  { read, total, share, from }: Pick<Backfill, 'read' | 'total' | 'share' | 'from'>,
  page: Pick<ListedPage, 'place'>,
  { order, kind }: Pick<BackfillSource, 'order' | 'kind'>,
): number | undefined {
  if (!page.place) return 1
  const now =
    total === undefined ? byWindow(kind === 'block' ? 0 : from, page, order) : read / Math.max(total, 1)
  if (now === undefined) return share
  return Math.min(almost, Math.max(share ?? 0, now))
}

function byWindow(
  from: number,
  page: Pick<ListedPage, 'place'>,
  order: BackfillSource['order'],
): number | undefined {
  const reading = leftBy({ ...(page.place && { place: page.place }) })
  if (!reading || reading.end <= from) return undefined
  const { since, until, end, last } = reading
  const inside =
    last === undefined || order === 'none' ? 0 : order === 'ascending' ? last - since : until - last
  const known = Math.max(0, Math.min(inside, until - since))
  return Math.max(0, since - from + known) / (end - from)
}

/**
 * Items of the whole list after a page, where the provider tells. A list that is asked for anew from the last item tells how many
 * are left; one that is read window by window tells nothing of the others.
 */
export function totalOf(
  { place, read, total }: Pick<Backfill, 'place' | 'read' | 'total'>,
  page: Pick<ListedPage, 'place' | 'total'>,
): number | undefined {
  const reading = leftBy({ ...(page.place && { place: page.place }) })
  if (page.total === undefined || (reading && reading.until < reading.end)) return total
  const isFirst = place === undefined || (stopAt(place) !== undefined && stopAt(place)?.at === undefined)
  return isFirst ? read + page.total : (total ?? page.total)
}

import type { RetryingClient } from '../outbound/retrying-client.ts'
import { epochMs } from '../primitives/clock.ts'
import type { Axis } from './axis.ts'
import { readList, type ListRequest, type ReadPage } from './read-list.ts'
import type { Reading } from './reading.ts'
import type { ListedPage } from './listing.ts'

/** Windows are not halved below this. */
const shortestMs = 60_000

/**
 * What a list cut off. A window that has no end of its own can only be made shorter from its start, so all of it is read by the
 * other list, which does not tell of deletions, and its end until that fits into one answer. The last step says of which time
 * deletions may be missing.
 */
export async function* readCut(
  client: RetryingClient,
  request: ListRequest,
  { since, end }: Reading,
  axis: Axis,
): AsyncGenerator<{ readonly page?: ReadPage; readonly gap?: ListedPage['gap'] }, void, void> {
  const { list } = request
  if (!list.cut) return
  const { cut, ...whole } = list
  const { always: _always, ...other } = { ...whole, ...cut.instead }
  const plain: ListRequest = { ...request, from: undefined, conditions: {} }
  let from = since
  let isCut = true
  // The end first: what is deleted meanwhile is deleted last.
  while (isCut && end - from > shortestMs) {
    from += Math.floor((end - from) / 2)
    for await (const page of readList(client, {
      ...plain,
      list: whole,
      values: { ...request.values, since: axis.write(from) },
    })) {
      isCut = page.items.length >= cut.at
      yield { page }
    }
  }
  for await (const page of readList(client, { ...plain, list: { ...other, always: '' } })) yield { page }
  yield { gap: { of: 'deletes', since: epochMs(since), until: epochMs(isCut ? end : from) } }
}

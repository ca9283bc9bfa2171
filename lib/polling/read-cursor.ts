import { ApiError } from '../errors/api-error.ts'
import { askText, jsonOf } from '../outbound/api-client.ts'
import { longestCursor, refused } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { epochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { CursorProgress } from '../providers/polls.ts'
import { filled } from './declared.ts'
import { itemOf, timeIn } from './identity.ts'
import { placed, stopAt } from './place.ts'
import { conditionsOf, counter, metaOf, type Polled } from './polled.ts'
import { timeOf, watermarkOf, written } from './times.ts'
import { asStale, readList, type ListRequest, type ReadPage } from './read-list.ts'
import type { ListingFrom, ListedPage, ListingOptions } from './listing.ts'

/** A reading without the provider's cursor, between two slices: plain JSON, kept in its place. */
interface Resync {
  /** What the provider gave before the list was begun. */
  readonly next?: string
  /** The first one of all: what is there already is no news. */
  readonly silent?: true
}

/** Reads on from the provider's cursor; without one, the list for what changed since the watermark, and a fresh cursor. */
export async function* readCursor(
  polled: Polled,
  from: ListingFrom,
  client: RetryingClient,
  options: ListingOptions,
): AsyncGenerator<ListedPage, void, void> {
  const progress = polled.stream.declaration.progress as CursorProgress
  const { cursor } = from
  if (cursor === undefined || stopAt(from.place)) {
    yield* resync(polled, from, client, options)
    return
  }
  if (typeof cursor !== 'string')
    throw new ApiError({ provider: client.provider, status: 0, kind: 'stale-cursor' })
  const { list } = polled.stream.declaration
  const request: ListRequest = {
    list,
    values: polled.stream.params,
    extra: { [progress.param]: cursor },
    from: from.place,
    conditions: conditionsOf(list, from),
    signal: options.signal,
  }
  try {
    yield* pagesFrom(polled, request, client)
  } catch (error) {
    throw asStale(error, progress.expired ?? [])
  }
}

async function* pagesFrom(
  polled: Polled,
  request: ListRequest,
  client: RetryingClient,
): AsyncGenerator<ListedPage, void, void> {
  const { next, param } = polled.stream.declaration.progress as CursorProgress
  const { from: place } = request
  const isWhole = place === undefined
  const nth = counter()
  let read = 0
  // A list that goes on by its items' ids has the last one in its place.
  let cursor = 'item' in next && place && 'params' in place ? place.params[param] : undefined
  let largest: ListedPage['largest']
  for await (const page of readList(client, request)) {
    if (page.answer.status === 304) return yield { items: [], notModified: true }
    if (isWhole && read === 0) largest = clockOf(page)
    const meta = metaOf(page, request.list, isWhole && read === 0 && !page.next)
    read += 1
    const items = page.items.flatMap(({ events }) => events.map((found) => itemOf(found, polled.words, nth)))
    if ('item' in next) cursor = ofLastItem(page, next.item) ?? cursor
    if (page.next) yield { ...meta, items, place: page.next }
    else {
      const last =
        cursor ?? (next.page === undefined ? undefined : cursorText(readPointer(page.body, next.page)))
      yield { ...meta, items, ...(last !== undefined && { cursor: last }), ...(largest && { largest }) }
    }
  }
}

/** An empty page leaves the cursor as it is. */
const ofLastItem = ({ items }: ReadPage, pointer: string): string | undefined => {
  const last = items.at(-1)
  return last && cursorText(readPointer(last.item.value, pointer))
}

/** The provider's own clock when it began to answer: where a list is taken up again if the cursor should be lost. */
function clockOf({ answer }: Pick<ReadPage, 'answer'>): ListedPage['largest'] {
  const text = answer.headers.get('date') ?? undefined
  const at = timeOf(text, 'rfc2822')
  return text !== undefined && at !== undefined ? { text, at } : undefined
}

async function* resync(
  polled: Polled,
  from: ListingFrom,
  client: RetryingClient,
  options: ListingOptions,
): AsyncGenerator<ListedPage, void, void> {
  const { declaration, params } = polled.stream
  const { start, resync: again, next } = declaration.progress as CursorProgress
  const stop = stopAt(from.place)
  const left = stop?.state as Resync | undefined
  const first = left || start === 'list' ? undefined : await firstCursor(polled, start, client, options)
  const state: Resync = left ?? {
    ...(from.watermark === undefined && { silent: true }),
    ...(first?.next !== undefined && { next: first.next }),
  }
  let largest = first?.clock
  // Where the provider says where its list ends, the items before are not wanted.
  if (state.silent && state.next !== undefined)
    return yield { items: [], cursor: state.next, ...(largest && { largest }) }
  const since = Math.max(
    0,
    (from.watermark === undefined ? options.now : watermarkOf(from.watermark, again.from ?? [])) -
      again.overlapMs,
  )
  const { always: _always, ...plain } = declaration.list
  const list = again.list ? { ...plain, ...again.list } : declaration.list
  const values = { ...params, since: written(epochMs(since), again.format) }
  const nth = counter()
  const request = { list, values, from: stop?.at, signal: options.signal }
  for await (const page of readList(client, request)) {
    if (!left) largest ??= clockOf(page)
    const items = state.silent
      ? []
      : newer(polled, page, since).map((found) => itemOf(found, polled.words, nth))
    if (page.next) yield { items, place: placed(state, page.next) }
    else {
      const cursor =
        state.next ?? (next.page === undefined ? undefined : cursorText(readPointer(page.body, next.page)))
      yield { items, ...(cursor !== undefined && { cursor }), ...(largest && { largest }) }
    }
  }
}

/** What has no time may be new. */
function newer({ stream, words }: Polled, page: ReadPage, since: number) {
  const { from = [] } = (stream.declaration.progress as CursorProgress).resync
  return page.items
    .filter(({ item }) => (timeIn(item, from, words)?.at ?? since) >= since)
    .flatMap(({ events }) => events)
}

async function firstCursor(
  { stream }: Polled,
  { path, params = {}, pointer }: Exclude<CursorProgress['start'], 'list'>,
  client: RetryingClient,
  { signal }: ListingOptions,
): Promise<{ readonly next?: string; readonly clock: ListedPage['largest'] }> {
  const query = new URLSearchParams(params).toString()
  const target = filled(path, stream.params, true) + (query === '' ? '' : `?${query}`)
  const answer = await askText(client, target, signal && { signal })
  const body = jsonOf(answer.text)
  const clock = clockOf({ answer })
  // A list that is empty has no last item yet.
  if (Array.isArray(body) && body.length === 0) return { clock }
  return { next: cursorText(readPointer(body, pointer)), clock }
}

/** @throws SluiceError `ANSWER_REFUSED` for what is no cursor: too long, of another type, with control characters. */
function cursorText(value: unknown): string {
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || text === '' || text.length > longestCursor || /\p{Cc}/u.test(text))
    throw refused('its cursor is none')
  return text
}

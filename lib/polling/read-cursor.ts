import { ApiError } from '../errors/api-error.ts'
import { askText, jsonOf } from '../outbound/api-client.ts'
import { longestCursor, refused } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { epochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { CursorProgress } from '../providers/polls.ts'
import { filled } from './declared.ts'
import { itemOf, timeIn } from './identity.ts'
import { conditionsOf, counter, metaOf, type Polled } from './polled.ts'
import { timeOf, watermarkOf, written } from './provider-time.ts'
import { asStale, readList, type ListRequest, type ReadPage } from './read-list.ts'
import type { PollFrom, PolledPage, PollReadOptions } from './source.ts'

/** A reading without the provider's cursor, between two slices: plain JSON, kept in its place. */
interface Resync {
  readonly v: 1
  /** What the provider gave before the list was begun. */
  readonly next?: string
  /** The first one of all: what is there already is no news. */
  readonly silent?: true
}

/** Reads on from the provider's cursor; without one, the list for what changed since the watermark, and a fresh cursor. */
export async function* readCursor(
  polled: Polled,
  from: PollFrom,
  client: RetryingClient,
  options: PollReadOptions,
): AsyncGenerator<PolledPage, void, void> {
  const progress = polled.stream.declaration.progress as CursorProgress
  const { cursor } = from
  if (cursor === undefined || cursor === null || isResync(cursor)) {
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
    yield* pagesFrom(polled, request, client, from.place === undefined)
  } catch (error) {
    throw asStale(error, progress.expired ?? [])
  }
}

async function* pagesFrom(
  polled: Polled,
  request: ListRequest,
  client: RetryingClient,
  isWhole: boolean,
): AsyncGenerator<PolledPage, void, void> {
  const { next } = polled.stream.declaration.progress as CursorProgress
  const nth = counter()
  let read = 0
  let largest: PolledPage['largest']
  for await (const page of readList(client, request)) {
    if (page.answer.status === 304) return yield { items: [], notModified: true }
    if (isWhole && read === 0) largest = clockOf(page)
    const meta = metaOf(page, request.list, isWhole && read === 0 && !page.next)
    read += 1
    const items = page.items.flatMap(({ events }) => events.map((found) => itemOf(found, polled.words, nth)))
    const cursor = 'item' in next ? ofLastItem(page, next.item) : undefined
    if (page.next) yield { ...meta, items, place: page.next, ...(cursor !== undefined && { cursor }) }
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
function clockOf({ answer }: ReadPage): PolledPage['largest'] {
  const text = answer.headers.get('date') ?? undefined
  const at = timeOf(text, 'rfc2822')
  return text !== undefined && at !== undefined ? { text, at } : undefined
}

const isResync = (cursor: unknown): cursor is Resync =>
  typeof cursor === 'object' && cursor !== null && (cursor as Resync).v === 1

async function* resync(
  polled: Polled,
  from: PollFrom,
  client: RetryingClient,
  options: PollReadOptions,
): AsyncGenerator<PolledPage, void, void> {
  const { declaration, params } = polled.stream
  const { start, resync: again, next } = declaration.progress as CursorProgress
  const left = from.place !== undefined && isResync(from.cursor) ? from.cursor : undefined
  const state: Resync = left ?? {
    v: 1,
    ...(from.watermark === undefined && { silent: true }),
    ...(start !== 'list' && (await firstCursor(polled, start, client, options))),
  }
  // Where the provider says where its list ends, the items before are not wanted.
  if (state.silent && state.next !== undefined) return yield { items: [], cursor: state.next }
  const since = Math.max(
    0,
    (from.watermark === undefined ? options.now : watermarkOf(from.watermark, again.from ?? [])) -
      again.overlapMs,
  )
  const list = { ...declaration.list, ...again.list }
  const values = { ...params, since: written(epochMs(since), again.format) }
  const nth = counter()
  let largest: PolledPage['largest']
  const request = { list, values, from: left && from.place, signal: options.signal }
  for await (const page of readList(client, request)) {
    if (!left) largest ??= clockOf(page)
    const items = state.silent
      ? []
      : newer(polled, page, since).map((found) => itemOf(found, polled.words, nth))
    if (page.next) yield { items, place: page.next, cursor: state }
    else {
      const cursor =
        state.next ?? (next.page === undefined ? null : cursorText(readPointer(page.body, next.page)))
      yield { items, cursor, ...(largest && { largest }) }
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
  { signal }: PollReadOptions,
): Promise<{ readonly next?: string }> {
  const query = new URLSearchParams(params).toString()
  const target = filled(path, stream.params, true) + (query === '' ? '' : `?${query}`)
  const { text } = await askText(client, target, { signal })
  const body = jsonOf(text)
  // A list that is empty has no last item yet.
  if (Array.isArray(body) && body.length === 0) return {}
  return { next: cursorText(readPointer(body, pointer)) }
}

/** @throws SluiceError `ANSWER_REFUSED` for what is no cursor: too long, of another type, with control characters. */
function cursorText(value: unknown): string {
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || text === '' || text.length > longestCursor || /\p{Cc}/u.test(text))
    throw refused('its cursor is none')
  return text
}

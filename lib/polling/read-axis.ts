import type { PagePlace } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { filled } from './declared.ts'
import { blockAxis, timeAxis, type Axis } from './axis.ts'
import { readCut } from './cut-off.ts'
import { itemOf } from './identity.ts'
import { anew, begun, leftBy, nextWindow, noted, reached, type Reading } from './reading.ts'
import { readList, type ListRequest, type ReadPage } from './read-list.ts'
import type { ListingFrom, ListedPage, ListingOptions } from './listing.ts'
import { placed, stopAt } from './place.ts'
import { conditionsOf, counter, metaOf, type Polled } from './polled.ts'

/** Reads along the provider's own times or blocks, window by window, page by page. */
export async function* readAxis(
  polled: Polled,
  from: ListingFrom,
  client: RetryingClient,
  options: ListingOptions,
): AsyncGenerator<ListedPage, void, void> {
  const axis = await axisOf(polled, from, client, options)
  const { gap } = axis.begin
  const isFresh = !leftBy(from)
  let reading = leftBy(from) ?? begun(axis)
  if (reading.since > reading.end) {
    const largest = reached(reading, axis)
    return yield { items: [], ...(largest && { largest }) }
  }
  const run: Run = { polled, axis, client, options, from }
  // Items of a block are counted from its first one on.
  const isByBlock = polled.stream.declaration.progress.kind === 'block'
  let place = isByBlock ? undefined : stopAt(from.place)?.at
  let isFirst = isFresh
  for (;;) {
    let next: Step | undefined
    for await (const step of readWindow(run, reading, place, isFirst)) {
      next = step
      yield { ...step.page, ...(isFirst && gap && { gap }) }
      isFirst = false
    }
    if (!next?.reading) return
    reading = next.reading
    place = undefined
  }
}

interface Run {
  readonly polled: Polled
  readonly axis: Axis
  readonly client: RetryingClient
  readonly options: ListingOptions
  readonly from: ListingFrom
}

/** A page, and where the list is to be begun anew after the last one. */
interface Step {
  readonly page: ListedPage
  readonly reading?: Reading
}

async function* readWindow(
  run: Run,
  start: Reading,
  place: PagePlace | undefined,
  isFirst: boolean,
): AsyncGenerator<Step, void, void> {
  const { polled, axis, client, from, options } = run
  const { list } = polled.stream.declaration
  const request: ListRequest = {
    list,
    values: { ...polled.stream.params, since: axis.write(start.since), until: axis.write(start.until) },
    from: place,
    conditions: isFirst ? conditionsOf(list, from) : {},
    signal: options.signal,
  }
  const nth = counter()
  let reading = start
  let read = 0
  for await (const page of readList(client, request)) {
    reading = noted(reading, page, axis, polled.stream.declaration)
    const items = eventsOf(run, start, page, nth)
    if (list.cut && page.items.length >= list.cut.at) {
      yield { page: { items, place: placed(start) } }
      return yield* cutOff(run, request, start, reading)
    }
    const isOnly = isFirst && read === 0 && !page.next
    read += 1
    const step = turn(run, reading, page)
    yield { ...step, page: { ...step.page, ...metaOf(page, list, isOnly), items } }
    if (!step.page.place || step.reading) return
  }
}

/** What comes after a page: the next one, the same list anew, the next window, or nothing. */
function turn({ polled, axis }: Run, reading: Reading, page: ReadPage): Step {
  const { progress } = polled.stream.declaration
  const lagMs = progress.kind === 'time' ? progress.lagMs : undefined
  const shifts = progress.kind === 'block' || (progress.kind === 'time' && progress.shifts === true)
  const isAscending =
    progress.kind === 'block' || (progress.kind === 'time' && progress.order === 'ascending')
  if (page.answer.status === 304) return { page: { items: [], notModified: true } }
  if (page.next && !hasPassed(polled, reading)) {
    const largest = isAscending && reading.ordered ? reading.largest : undefined
    const proven = largest && { largest: { text: largest.text, at: largest.at } }
    const again = shifts ? anew(reading, axis) : undefined
    if (again) return { page: { items: [], place: placed(again), ...proven }, reading: again }
    return { page: { items: [], place: placed(reading, page.next), ...proven } }
  }
  const largest = reached(reading, axis, lagMs)
  const known = largest && { largest }
  const window = nextWindow(reading, axis)
  if (!window) return { page: { items: [], ...known } }
  return { page: { items: [], place: placed(window), ...known }, reading: window }
}

/** A descending list that can't be asked for less is read as far as it is new. */
function hasPassed({ stream }: Polled, { since, last }: Reading): boolean {
  const { progress } = stream.declaration
  const stops = progress.kind === 'time' && progress.filter === 'here' && progress.order === 'descending'
  return stops && last !== undefined && last < since
}

function eventsOf({ polled, axis }: Run, { since }: Reading, page: ReadPage, nth: (key: string) => number) {
  const { progress } = polled.stream.declaration
  const isFiltered = progress.kind === 'time' && progress.filter === 'here'
  return page.items
    .filter(({ item }) => !isFiltered || (axis.markOf(item)?.position ?? since) >= since)
    .flatMap(({ events }) => events.map((found) => itemOf(found, polled.words, nth)))
}

/** More than one answer holds: the rest by another list, without deletions; then the end of the window by itself. */
async function* cutOff(
  run: Run,
  request: ListRequest,
  start: Reading,
  first: Reading,
): AsyncGenerator<Step, void, void> {
  const { polled, axis } = run
  let reading = first
  const nth = counter()
  for await (const { page, gap } of readCut(run.client, request, start, axis)) {
    if (page) reading = { ...noted(reading, page, axis, polled.stream.declaration), ordered: false }
    const items = page ? eventsOf(run, start, page, nth) : []
    if (!gap) {
      yield { page: { items, place: placed(start) } }
      continue
    }
    const largest = reached(reading, axis)
    yield { page: { items, ...(largest && { largest }), gap } }
  }
}

function axisOf(
  { stream, words }: Polled,
  { watermark }: ListingFrom,
  client: RetryingClient,
  options: ListingOptions,
): Axis | Promise<Axis> {
  const { progress, list } = stream.declaration
  if (progress.kind === 'time') return timeAxis(progress, words, watermark, options.now)
  if (progress.kind === 'cursor') throw new TypeError('a cursor is no axis')
  const params = Object.fromEntries(
    Object.entries(progress.head.params).map(([name, value]) => [name, filled(value, stream.params)]),
  )
  const asked = { ...progress, head: { ...progress.head, params } }
  return blockAxis(asked, words, watermark, {
    client,
    path: filled(list.path, stream.params, true),
    ...options,
  })
}

import { createHash } from 'node:crypto'
import { readPointer } from '../primitives/json-pointer.ts'
import type { PageDialect } from '../providers/pages.ts'
import { askText, jsonOf, type ApiClient, type TextAnswer } from './api-client.ts'
import { nextPlace, refused, type PagePlace } from './page-turn.ts'

export interface ListOptions {
  readonly dialect: PageDialect
  /** A path of the API, or an address; its own parameters stay in every request. */
  readonly start: string
  readonly init?: RequestInit
  /** Points to the items, where the list has a name of its own for them: `/QueryResponse/Invoice`. */
  readonly items?: string
  /** Items a page, if the provider lets that be said; never more than it gives. */
  readonly pageSize?: number
  /** Where to go on: the `next` of a page that was read before. */
  readonly from?: PagePlace
  /** Most pages; one more is an error, not an end. Default 10,000. */
  readonly maxPages?: number
}

export interface Page {
  readonly items: readonly unknown[]
  /** Where the list goes on; `undefined` at its end. */
  readonly next: PagePlace | undefined
  /** The whole document, for what stands beside the items; `undefined` where each line is one. */
  readonly body: unknown
  /** As it came: its fields, and its text letter by letter. */
  readonly answer: TextAnswer
}

/**
 * A list, page by page: the next one is asked for when it is wanted. It never leaves the origin of its first page, and a page
 * that comes twice, an endless list and a page of another form are errors, so that nothing is skipped in silence.
 * @throws ApiError when the provider says failure; SluiceError `ANSWER_REFUSED` for a page that can't be read.
 */
export async function* pagesOf(client: ApiClient, options: ListOptions): AsyncGenerator<Page, void, void> {
  const { dialect, maxPages = 10_000 } = options
  const seen = new Set<string>()
  let origin: string | undefined
  let digest: string | undefined
  let place: PagePlace | undefined = options.from ?? { params: firstOf(dialect) }
  for (let read = 0; place; read += 1) {
    if (read === maxPages) throw refused(`it has more than ${maxPages} pages`)
    const target = targetOf(options, place, origin)
    if (seen.has(target)) throw refused('it leads back to a page that was read')
    seen.add(target)
    const answer = await askText(client, target, options.init)
    origin ??= originOf(answer, target)
    const { items, body } = itemsOf(options, answer)
    const bytes = items.length === 0 ? undefined : createHash('sha256').update(answer.text).digest('base64')
    if (bytes !== undefined && bytes === digest) throw refused('the same page came twice')
    digest = bytes
    const next = whole(nextPlace(dialect, { place, items, body, headers: answer.headers }), origin)
    yield { items, next, body, answer }
    place = next
  }
}

/** The items of a list, one after the other. @see pagesOf */
export async function* itemsIn(client: ApiClient, options: ListOptions): AsyncGenerator<unknown, void, void> {
  for await (const { items } of pagesOf(client, options)) yield* items
}

function firstOf(dialect: PageDialect): Readonly<Record<string, string>> {
  switch (dialect.kind) {
    case 'offset':
      return { [dialect.offset]: String(dialect.first ?? 0) }
    case 'page':
      return { [dialect.page]: String(dialect.first) }
    case 'block-window':
      return { [dialect.page]: '1' }
    default:
      return {}
  }
}

/** An address that is kept must say its origin. */
const whole = (place: PagePlace | undefined, origin: string | undefined): PagePlace | undefined =>
  place && 'url' in place ? { url: URL.parse(place.url, origin)?.href ?? place.url } : place

/** What is asked next, as text: two requests for one page are one text. */
function targetOf({ start, dialect, pageSize }: ListOptions, place: PagePlace, origin?: string): string {
  if ('url' in place) {
    const url = origin === undefined ? URL.parse(place.url) : URL.parse(place.url, origin)
    if (!url || (origin !== undefined && url.origin !== origin)) throw refused('it leads to another origin')
    return url.href
  }
  const size = dialect.size === undefined ? {} : sizeParam(dialect.size, pageSize, dialect.max)
  const [path = '', query = ''] = start.split('?', 2)
  const params = new URLSearchParams(query)
  const changes = { ...size, ...place.params }
  if (dialect.kind === 'query-words')
    params.set(dialect.query, inWords(params.get(dialect.query), changes, dialect))
  else for (const [name, value] of Object.entries(changes)) params.set(name, value)
  return params.size === 0 ? path : `${path}?${params.toString()}`
}

const inWords = (
  query: string | null,
  changes: Readonly<Record<string, string>>,
  { start, first }: Extract<PageDialect, { kind: 'query-words' }>,
): string =>
  [query, ...Object.entries({ [start]: String(first), ...changes }).map((words) => words.join(' '))].join(' ')

function sizeParam(name: string, wanted: number | undefined, most: number | undefined) {
  const size = Math.min(wanted ?? most ?? Infinity, most ?? Infinity)
  return Number.isFinite(size) ? { [name]: String(size) } : {}
}

const originOf = ({ url }: TextAnswer, target: string): string | undefined =>
  (URL.parse(url) ?? URL.parse(target))?.origin

function itemsOf({ dialect, items: own }: ListOptions, { text }: TextAnswer): Pick<Page, 'items' | 'body'> {
  if (dialect.kind === 'ndjson') return { items: linesOf(text).map(jsonOf), body: undefined }
  const body = text === '' ? undefined : jsonOf(text)
  const pointer = own ?? dialect.items
  // An empty answer of a query language does not have the name at all.
  const items =
    (body && readPointer(body, pointer)) ?? (own === undefined && body !== undefined ? undefined : [])
  if (!Array.isArray(items)) throw refused(`there is no list at ${pointer || 'its root'}`)
  return { items, body }
}

/** Lines that hold something, as they are. */
export const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.trim() !== '')

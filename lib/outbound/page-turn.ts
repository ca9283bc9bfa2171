import { SluiceError } from '../errors/sluice-error.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { PageDialect } from '../providers/pages.ts'

/** Where a page is: what differs from the first request. Plain data, to be kept and resumed from. */
export type PagePlace =
  | { readonly params: Readonly<Record<string, string>> }
  /** A whole address, of the origin that the first page came from. */
  | { readonly url: string }

/** A page as it was read. */
export interface PageRead {
  readonly place: PagePlace
  readonly items: readonly unknown[]
  readonly body: unknown
  readonly headers: Headers
}

type Of<Kind extends PageDialect['kind']> = Extract<PageDialect, { readonly kind: Kind }>

/** The longest cursor that is passed on, characters. */
export const longestCursor = 4_096

/** Where the next page is; `undefined` at the end. @throws SluiceError `ANSWER_REFUSED` for a cursor that is none. */
export function nextPlace(dialect: PageDialect, read: PageRead): PagePlace | undefined {
  switch (dialect.kind) {
    case 'offset':
      return byOffset(dialect, read)
    case 'page':
      return byPage(dialect, read)
    case 'cursor':
      return cursorPlace(dialect.cursor, readPointer(read.body, dialect.next))
    case 'keyset':
      return byKey(dialect, read)
    case 'link':
      return addressPlace(linkOf(read.headers.get('link') ?? '', 'next'))
    case 'next-url':
      return addressPlace(addressAt(readPointer(read.body, dialect.next), dialect.rel))
    case 'page-header':
      return cursorPlace(dialect.page, read.headers.get(dialect.header))
    case 'query-words':
      return read.items.length === 0
        ? undefined
        : {
            params: {
              [dialect.start]: String(numberAt(read.place, dialect.start, dialect.first) + read.items.length),
            },
          }
    case 'block-window':
      return inWindow(dialect, read)
    case 'ndjson':
    case 'single':
      return undefined
  }
}

/** Only an empty page or the total ends a list: a short page may be short because the provider gives less than is asked. */
function byOffset(dialect: Of<'offset'>, { place, items, body }: PageRead): PagePlace | undefined {
  const first = dialect.first ?? 0
  const next = numberAt(place, dialect.offset, first) + items.length
  const total = dialect.total === undefined ? undefined : readPointer(body, dialect.total)
  if (items.length === 0 || (typeof total === 'number' && next - first >= total)) return undefined
  return { params: { [dialect.offset]: String(next) } }
}

function byPage(dialect: Of<'page'>, { place, items, body }: PageRead): PagePlace | undefined {
  if (dialect.next !== undefined) {
    const next = readPointer(body, dialect.next)
    const isAddress = typeof next === 'string' && /^(?:https?:)?\//.test(next)
    return isAddress ? addressPlace(next) : cursorPlace(dialect.page, next)
  }
  const page = numberAt(place, dialect.page, dialect.first)
  const last = dialect.last === undefined ? undefined : readPointer(body, dialect.last)
  if (items.length === 0 || (typeof last === 'number' && page >= last)) return undefined
  return { params: { [dialect.page]: String(page + 1) } }
}

function byKey(dialect: Of<'keyset'>, { items, body }: PageRead): PagePlace | undefined {
  const more = dialect.hasMore === undefined ? items.length > 0 : readPointer(body, dialect.hasMore)
  if (more !== true || items.length === 0) return undefined
  const place = cursorPlace(dialect.after, readPointer(items.at(-1), dialect.id))
  if (!place) throw refused('its last item has no id to go on from')
  return place
}

/**
 * Pages of a window until one is empty. Where they reach no further, the next window begins with the last item's block, whose
 * items come again: none is skipped.
 */
function inWindow(dialect: Of<'block-window'>, { place, items }: PageRead): PagePlace | undefined {
  if (items.length === 0) return undefined
  const page = numberAt(place, dialect.page, 1)
  const params = 'params' in place ? place.params : {}
  if ((page + 1) * (dialect.max ?? items.length) <= dialect.reach)
    return { params: { ...params, [dialect.page]: String(page + 1) } }
  const last = readPointer(items.at(-1), '/blockNumber')
  const block = cursorPlace(dialect.from, last)
  if (!block || params[dialect.from] === String(last))
    throw refused('a block has more items than can be reached')
  return { params: { [dialect.from]: String(last), [dialect.page]: '1' } }
}

const numberAt = (place: PagePlace, name: string, otherwise: number): number =>
  'params' in place && place.params[name] !== undefined ? Number(place.params[name]) : otherwise

function cursorPlace(name: string, cursor: unknown): PagePlace | undefined {
  if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined
  const text = typeof cursor === 'number' && Number.isFinite(cursor) ? String(cursor) : cursor
  if (typeof text !== 'string' || text.length > longestCursor || /\p{Cc}/u.test(text))
    throw refused('its cursor is none')
  return { params: { [name]: text } }
}

/** The address itself, or that of the first link of a relation. */
function addressAt(value: unknown, rel: string | undefined): unknown {
  if (rel === undefined || !Array.isArray(value)) return value
  return readPointer(
    value.find((link) => readPointer(link, '/rel') === rel),
    '/href',
  )
}

function addressPlace(address: unknown): PagePlace | undefined {
  if (address === undefined || address === null || address === '') return undefined
  if (typeof address !== 'string' || address.length > longestCursor) throw refused('its next address is none')
  return { url: address }
}

/**
 * The target of the first link with this relation. Linear in the length of the header; what is no link is passed over.
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function linkOf(header: string, relation: string): string | undefined {
  let from = 0
  for (;;) {
    const open = header.indexOf('<', from)
    const close = header.indexOf('>', open + 1)
    if (open < 0 || close < 0) return undefined
    const { params, end } = paramsAt(header, close + 1)
    const rel = params.find(([name]) => name === 'rel')?.[1] ?? ''
    if (rel.toLowerCase().split(/\s+/).includes(relation)) return header.slice(open + 1, close).trim()
    from = end
  }
}

/** Parameters up to the comma that ends the link; quoted values may hold commas. */
function paramsAt(header: string, from: number) {
  const params: [string, string][] = []
  let at = from
  while (at < header.length && header[at] !== ',') {
    const param = /[;\s]*([\w!#$%&'*+.^`|~-]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y
    param.lastIndex = at
    const found = param.exec(header)
    const [whole = '', name = '', quoted, plain] = found ?? []
    if (name !== '') params.push([name.toLowerCase(), (quoted ?? plain ?? '').replaceAll(/\\(.)/g, '$1')])
    at = whole === '' ? at + 1 : at + whole.length
  }
  return { params, end: at + 1 }
}

export const refused = (why: string): SluiceError =>
  new SluiceError('ANSWER_REFUSED', `a page of a list can not be read: ${why}`)

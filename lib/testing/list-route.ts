import { readPointer } from '../primitives/json-pointer.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { PageDialect } from '../providers/pages.ts'
import { flagsOf, opposite } from './fault-drafts.ts'
import type { MockAnswer, MockRequest, RouteFunction } from './mock-answer.ts'
import { withPointer } from './write-pointer.ts'

export interface ListRouteOptions {
  /** Which of the provider's ways to read lists. Default `default`. */
  readonly dialect?: string
  /** Where the items are, in place of the dialect's: a pointer, or a name among the provider's `lists`. */
  readonly items?: string
  /** Items a page where the request does not say. Default 10. */
  readonly pageSize?: number
}

/** One page: its items, and what says where the list goes on. */
interface PageOf {
  readonly items: readonly unknown[]
  readonly beside?: readonly (readonly [pointer: string, value: unknown])[]
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A route that gives `items` page by page in the provider's own way.
 * @throws TypeError when the provider has no such dialect, or says nothing of lists.
 */
export function listRoute(
  api: ApiDeclaration | undefined,
  items: readonly unknown[],
  options: ListRouteOptions,
): RouteFunction {
  const { dialect: name = 'default', items: at, pageSize = 10 } = options
  const dialect = api?.pages?.[name]
  if (!dialect) throw new TypeError(`this provider declares no lists that are read as "${name}"`)
  return (request) => {
    const size = Math.max(1, Math.min(sizeOf(request, dialect, pageSize), dialect.max ?? Infinity))
    const page = pageOf(dialect, request, items, size)
    if (dialect.kind === 'ndjson') return lines(page.items)
    const pointer = pointerOf(api, dialect, at, request)
    return bodyOf(api, [...(page.beside ?? []), [pointer, page.items]], page.headers)
  }
}

const lines = (items: readonly unknown[]): MockAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-ndjson' },
  body: items.map((item) => `${JSON.stringify(item)}\n`).join(''),
})

function bodyOf(
  api: ApiDeclaration | undefined,
  parts: readonly (readonly [pointer: string, value: unknown])[],
  headers: Readonly<Record<string, string>> = {},
): MockAnswer {
  const isList = parts.some(([pointer]) => pointer === '')
  const flags = flagsOf(api).flatMap(({ pointer, equals }) => {
    const good = opposite(equals)
    return isList || good === undefined ? [] : [[pointer, good] as const]
  })
  let body: unknown = {}
  for (const [pointer, value] of [...flags, ...parts]) body = withPointer(body, pointer, value)
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}

/** The rows of a query language are under the name that was asked for. */
function pointerOf(
  api: ApiDeclaration | undefined,
  dialect: PageDialect,
  at: string | undefined,
  { query }: MockRequest,
): string {
  if (at !== undefined) return at.startsWith('/') || at === '' ? at : (api?.lists?.[at] ?? `/${at}`)
  if (dialect.kind !== 'query-words') return dialect.items
  return `${dialect.items}/${/\bfrom\s+(\w+)/i.exec(query[dialect.query] ?? '')?.[1] ?? 'Items'}`
}

function sizeOf(request: MockRequest, dialect: PageDialect, otherwise: number): number {
  if (dialect.size === undefined) return otherwise
  return dialect.kind === 'query-words'
    ? word(request, dialect.query, dialect.size, otherwise)
    : numberAt(request, dialect.size, otherwise)
}

function pageOf(dialect: PageDialect, request: MockRequest, items: readonly unknown[], size: number): PageOf {
  const cut = (from: number): readonly unknown[] => items.slice(from, from + size)
  const after = (from: number): number | undefined => (from + size < items.length ? from + size : undefined)
  switch (dialect.kind) {
    case 'offset': {
      const page = cut(numberAt(request, dialect.offset, dialect.first ?? 0) - (dialect.first ?? 0))
      return dialect.total === undefined
        ? { items: page }
        : { items: page, beside: [[dialect.total, items.length]] }
    }
    case 'page': {
      const number = numberAt(request, dialect.page, dialect.first)
      const from = (number - dialect.first) * size
      const next = after(from) === undefined ? null : number + 1
      const last = dialect.first + Math.max(1, Math.ceil(items.length / size)) - 1
      const beside: (readonly [string, unknown])[] = []
      if (dialect.next !== undefined) beside.push([dialect.next, next])
      if (dialect.last !== undefined) beside.push([dialect.last, last])
      return { items: cut(from), beside }
    }
    case 'cursor': {
      const from = fromCursor(request.query[dialect.cursor])
      const next = after(from)
      return { items: cut(from), beside: next === undefined ? [] : [[dialect.next, cursorAt(next)]] }
    }
    case 'keyset': {
      const key = request.query[dialect.after]
      const from =
        key === undefined ? 0 : items.findIndex((item) => String(readPointer(item, dialect.id)) === key) + 1
      const more = after(from) !== undefined
      return { items: cut(from), ...(dialect.hasMore !== undefined && { beside: [[dialect.hasMore, more]] }) }
    }
    case 'link':
    case 'next-url':
    case 'page-header':
      return byAddress(dialect, request, items, size)
    case 'query-words':
      return { items: cut(word(request, dialect.query, dialect.start, dialect.first) - dialect.first) }
    case 'block-window':
      return inWindow(dialect, request, items, size)
    case 'single':
    case 'ndjson':
      return { items }
  }
}

function byAddress(
  dialect: Extract<PageDialect, { kind: 'link' | 'next-url' | 'page-header' }>,
  request: MockRequest,
  items: readonly unknown[],
  size: number,
): PageOf {
  const name = dialect.kind === 'page-header' ? dialect.page : 'page'
  const number = numberAt(request, name, 1)
  const from = (number - 1) * size
  const page = items.slice(from, from + size)
  const isLast = from + size >= items.length
  const url = new URL(request.url)
  url.searchParams.set(name, String(number + 1))
  if (dialect.kind === 'next-url')
    return { items: page, beside: [[dialect.next, isLast ? null : url.pathname + url.search]] }
  if (isLast) return { items: page }
  return {
    items: page,
    headers:
      dialect.kind === 'link'
        ? { link: `<${url.href}>; rel="next"` }
        : { [dialect.header]: String(number + 1) },
  }
}

function inWindow(
  dialect: Extract<PageDialect, { kind: 'block-window' }>,
  request: MockRequest,
  items: readonly unknown[],
  size: number,
): PageOf {
  const [first, last] = [numberAt(request, dialect.from, 0), numberAt(request, dialect.to, Infinity)]
  const inside = items.filter((item) => {
    const block = Number(readPointer(item, '/blockNumber'))
    return block >= first && block <= last
  })
  const from = (numberAt(request, dialect.page, 1) - 1) * size
  return { items: inside.slice(from, Math.min(from + size, dialect.reach)) }
}

function numberAt({ query }: MockRequest, name: string, otherwise: number): number {
  const value = Number(query[name] ?? Number.NaN)
  return Number.isInteger(value) && value >= 0 ? value : otherwise
}

const word = ({ query }: MockRequest, at: string, name: string, otherwise: number): number =>
  Number(new RegExp(`\\b${name}\\s+(\\d+)`, 'i').exec(query[at] ?? '')?.[1] ?? otherwise)

/** Opaque, as real ones are. */
const cursorAt = (from: number): string => Buffer.from(`after ${from}`).toString('base64url')
const fromCursor = (cursor: string | undefined): number =>
  Number(/\d+$/.exec(Buffer.from(cursor ?? '', 'base64url').toString())?.[0] ?? 0)

import { ApiError } from '../errors/api-error.ts'
import type { ApiClient } from '../outbound/api-client.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import type { PagePlace } from '../outbound/page-turn.ts'
import { pagesOf, type Page } from '../outbound/paginate.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { PageDialect } from '../providers/pages.ts'
import type { PollList } from '../providers/poll-list.ts'
import { filled, filledJson, type Values } from './declared.ts'
import { readItems, type PageItem } from './items.ts'

/** What a reading asks with. */
export interface ListRequest {
  readonly list: PollList
  readonly values: Values
  /** Parameters that are no part of the declaration: a cursor. */
  readonly extra?: Readonly<Record<string, string>>
  readonly from?: PagePlace | undefined
  /** Of the first page alone. */
  readonly conditions?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface ReadPage extends Pick<Page, 'next' | 'body' | 'answer'> {
  readonly items: readonly PageItem[]
  /** Items of the whole list, where the provider tells. */
  readonly total?: number
}

/** A list page by page, with the texts of its items. @throws as `pagesOf` does, and for items that are none. */
export async function* readList(
  client: RetryingClient,
  request: ListRequest,
): AsyncGenerator<ReadPage, void, void> {
  const { list, from, signal, values } = request
  const dialect = dialectOf(client, list)
  const pointer = filled(list.items ?? dialect.items, values)
  const pages = pagesOf(asking(client, request), {
    dialect,
    start: startOf(request),
    // A list that may be left out is no error where the declaration says so itself.
    ...((list.always !== undefined || list.items !== undefined) && { items: pointer }),
    ...(list.pageSize !== undefined && { pageSize: list.pageSize }),
    ...(from && { from }),
    init: signal ? { signal } : {},
  })
  for await (const page of pages) {
    const { next, body, answer } = page
    yield { items: readItems(page, list, pointer), next, body, answer, ...totalIn(dialect, body) }
    if (page.answer.status === 304) return
  }
}

function totalIn(dialect: PageDialect, body: unknown): { readonly total?: number } {
  const total =
    dialect.kind === 'offset' && dialect.total !== undefined ? readPointer(body, dialect.total) : undefined
  return typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? { total } : {}
}

const single = { kind: 'single', items: '' } as const
const lines = { kind: 'ndjson', items: '' } as const

function dialectOf(
  { api, provider }: ApiClient,
  { pages = 'default', lines: isLines }: PollList,
): PageDialect {
  if (isLines) return lines
  const dialect = pages === 'single' ? single : api?.pages?.[pages]
  if (!dialect) throw new TypeError(`${provider} has no pages "${pages}"`)
  return dialect
}

function startOf({ list, values, extra }: ListRequest): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(list.params ?? {})) params.append(name, filled(value, values))
  for (const [name, value] of Object.entries(extra ?? {})) params.set(name, value)
  const path = filled(list.path, values, true)
  return params.size === 0 ? path : `${path}?${params.toString()}`
}

/** Makes of each request for a page what the list wants: its method and body, conditions at the first one. */
function asking(client: ApiClient, { list, values, from, conditions = {} }: ListRequest): ApiClient {
  let isFirst = from === undefined
  const fetch: Fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    if (isFirst) for (const [name, value] of Object.entries(conditions)) headers.set(name, value)
    isFirst = false
    if (!list.body) return client.fetch(input, { ...init, method: list.method ?? 'GET', headers })
    headers.set('content-type', 'application/json')
    const { target, taken } = takenOut(
      input instanceof Request ? input.url : String(input),
      list.body.take ?? [],
    )
    const json = { ...(filledJson(list.body.json, values) as object), ...taken }
    return client.fetch(target, { ...init, method: 'POST', headers, body: JSON.stringify(json) })
  }
  return { ...client, fetch }
}

/** Takes parameters out of a path, for the body that they belong into. */
function takenOut(input: string, names: readonly string[]) {
  const [path = '', query = ''] = input.split('?', 2)
  const params = new URLSearchParams(query)
  const taken: Record<string, string> = {}
  for (const name of names) {
    const value = params.get(name)
    if (value !== null) taken[name] = value
    params.delete(name)
  }
  return { target: params.size === 0 ? path : `${path}?${params.toString()}`, taken }
}

/** The same error, as the stale cursor that it is where the provider says that with one of these statuses. */
export function asStale(thrown: unknown, statuses: readonly number[]): unknown {
  if (!(thrown instanceof ApiError) || thrown.kind === 'stale-cursor') return thrown
  // Not what its text names as something else: a limit, a missing permission.
  const isPlain = thrown.kind === 'missing' || thrown.kind === 'invalid'
  if (!isPlain || !(thrown.status === 410 || statuses.includes(thrown.status))) return thrown
  const { provider, status, code, requestId } = thrown
  return new ApiError({ provider, status, kind: 'stale-cursor', code, requestId }, { cause: thrown })
}

import { redactedHeaders } from './credential-names.ts'
import type { MockRequest } from './mock-answer.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { Method } from '../providers/limits.ts'

/** A request before its route is known. */
export type ReadRequest = Omit<MockRequest, 'params'>

export interface ReadOptions {
  readonly api: ApiDeclaration | undefined
  /** Paths of the API's bases; what a request has after the longest of them that fits is its path. */
  readonly basePaths: readonly string[]
  /** Headers and parameters that hold credentials, lower-case. */
  readonly secretNames: ReadonlySet<string>
}

/** Reads a request whole, without its credentials. */
export async function readMockRequest(request: Request, options: ReadOptions): Promise<ReadRequest> {
  const { api, basePaths, secretNames } = options
  const url = new URL(request.url)
  const bytes = new Uint8Array(await request.arrayBuffer())
  const text = Buffer.from(bytes).toString()
  const body = bodyOf(text, request.headers.get('content-type') ?? '')
  const idempotencyKey = keyOf(request, url, body, api)
  // Lists change while they are walked along.
  const names = new Set(url.searchParams.keys())
  for (const name of names) if (secretNames.has(name.toLowerCase())) url.searchParams.delete(name)
  return {
    method: request.method,
    path: pathOf(url.pathname, basePaths),
    url: url.href,
    query: Object.fromEntries(url.searchParams),
    headers: redactedHeaders(request.headers, secretNames),
    bytes,
    text,
    body,
    idempotencyKey,
  }
}

function pathOf(pathname: string, basePaths: readonly string[]): string {
  const base = basePaths
    .filter((path) => path !== '' && `${pathname}/`.startsWith(`${path}/`))
    .toSorted((a, b) => b.length - a.length)[0]
  return pathname.slice(base?.length ?? 0) || '/'
}

function bodyOf(text: string, type: string): unknown {
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function keyOf(
  { method, headers }: Request,
  url: URL,
  body: unknown,
  api: ApiDeclaration | undefined,
): string | undefined {
  const idempotency = api?.idempotency
  if (!idempotency?.methods.includes(method as Method)) return undefined
  const { place } = idempotency
  if ('header' in place) return headers.get(place.header) ?? undefined
  if ('query' in place) return url.searchParams.get(place.query) ?? undefined
  const value = typeof body === 'object' && body !== null ? Object.entries(body) : []
  const field: unknown = value.find(([name]) => name === place.field)?.[1]
  return typeof field === 'string' ? field : undefined
}

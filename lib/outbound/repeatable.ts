import { createHash } from 'node:crypto'
import type { ApiDeclaration, Idempotency } from '../providers/api.ts'
import type { Method } from '../providers/limits.ts'
import type { OutgoingRequest } from './transport.ts'

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether sending this again can do nothing twice: by its method, as a read, or because the provider knows its key. */
export const isRepeatable = (request: OutgoingRequest, api: ApiDeclaration | undefined): boolean =>
  idempotent.has(request.method) ||
  (api?.reads !== undefined && new RegExp(api.reads).test(request.url.pathname)) ||
  keyOf(request, api?.idempotency) !== undefined

function keyOf(request: OutgoingRequest, idempotency: Idempotency | undefined): string | undefined {
  if (!idempotency?.methods.includes(request.method as Method)) return undefined
  const { place } = idempotency
  if ('header' in place) return request.headers.get(place.header) ?? undefined
  if ('query' in place) return request.url.searchParams.get(place.query) ?? undefined
  return undefined
}

const isDrawn = (key: string, { drawn }: Idempotency): boolean =>
  drawn !== undefined && new RegExp(drawn).test(key)

/** Gives out keys for the calls of one piece of work. */
export type IdempotencyKeys = (request: OutgoingRequest) => string

/**
 * The keys of the calls that one attempt at a piece of work makes: the same call has the same key in every attempt, and a
 * call that is made twice in one attempt is two calls. `root` names the work and no other: an event's idempotency key.
 */
export function idempotencyKeys(root: string): IdempotencyKeys {
  const made = new Map<string, number>()
  return ({ method, url, headers, body }) => {
    const call = digest([root, method, url.href, unmarked(body, headers)])
    const nth = made.get(call) ?? 0
    made.set(call, nth + 1)
    return nth === 0 ? call : digest([call, String(nth)])
  }
}

/** The body without the boundaries of its parts, which are drawn anew each time. */
function unmarked(body: Uint8Array | undefined, headers: Headers): string | Uint8Array {
  if (!body) return ''
  const type = headers.get('content-type') ?? ''
  const [, quoted, plain] = /^multipart\/.*;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  return boundary === undefined ? body : Buffer.from(body).toString('latin1').replaceAll(boundary, '')
}

/** Length before content, so that no two lists are the same bytes; 43 characters of base64url. */
function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('base64url')
}

/**
 * The request with a key at the provider's place for it, where it has one and the request brings none. A key that an SDK drew
 * is none: with that, the next attempt at the work would do it again.
 */
export function withKey(
  request: OutgoingRequest,
  api: ApiDeclaration | undefined,
  keys: IdempotencyKeys,
): OutgoingRequest {
  const idempotency = api?.idempotency
  if (!idempotency?.methods.includes(request.method as Method)) return request
  const own = keyOf(request, idempotency)
  if (own !== undefined && !isDrawn(own, idempotency)) return request
  const made = keys(request)
  // The first half of two long keys may be the same.
  const key =
    made.length <= idempotency.maxCharacters ? made : digest([made]).slice(0, idempotency.maxCharacters)
  const { place } = idempotency
  if ('header' in place) {
    const headers = new Headers(request.headers)
    headers.set(place.header, key)
    return { ...request, headers }
  }
  if ('query' in place) {
    const url = new URL(request.url)
    url.searchParams.set(place.query, key)
    return { ...request, url }
  }
  // A field of the body is the caller's to write: nobody here knows its form.
  return request
}

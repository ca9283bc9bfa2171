import { SluiceError } from '../errors/sluice-error.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { OutgoingRequest } from './transport.ts'

export interface Asked {
  readonly request: OutgoingRequest
  /** After the base of the API, where it is of that; else the whole path. */
  readonly path: string
  readonly redirect: 'follow' | 'manual' | 'error'
  readonly signal: AbortSignal
  /** The origin is one that the operator named. */
  readonly trusted: boolean
}

/** Where a provider's API is, for one connection. */
export interface ApiAddress {
  /** Without a slash at its end. */
  readonly base: string
  /** Origins at which credentials are sent, {@link base}'s included. */
  readonly origins: ReadonlySet<string>
  /** Whether the operator named {@link base}. */
  readonly trusted: boolean
}

/**
 * What a caller of `fetch` wants, with its body read, so that it can be sent again. A path, or a query alone, begins at the API's
 * base; an address must be the API's own, because it gets the connection's credentials.
 * @throws SluiceError `ADDRESS_REFUSED` for another origin; `TypeError` for what `fetch` itself does not take.
 */
export async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  api: ApiDeclaration | undefined,
  { base, origins, trusted }: ApiAddress,
): Promise<Asked> {
  const target = typeof input === 'string' && /^[/?]/.test(input) ? base + input : input
  const asked = new Request(target, { ...(init?.body && { duplex: 'half' }), ...init })
  const url = new URL(asked.url)
  if (!origins.has(url.origin))
    throw new SluiceError('ADDRESS_REFUSED', 'the address is not of this API: it gets no credentials')
  const headers = new Headers(asked.headers)
  for (const [name, value] of Object.entries(api?.headers ?? {}))
    if (!headers.has(name)) headers.set(name, value)
  for (const [name, value] of Object.entries(api?.query ?? {}))
    if (!url.searchParams.has(name)) url.searchParams.set(name, value)
  const body = asked.body === null ? undefined : await asked.bytes()
  return {
    request: { method: asked.method, url, headers, body },
    path: url.href.startsWith(`${base}/`)
      ? url.pathname.slice(new URL(base).pathname.replace(/\/$/, '').length)
      : url.pathname,
    redirect: asked.redirect,
    signal: asked.signal,
    trusted: trusted && url.origin === new URL(base).origin,
  }
}

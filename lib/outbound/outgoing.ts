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
  /** Bases that the operator has put elsewhere. */
  readonly moved?: readonly MovedBase[]
}

/** A base by the address that the provider's SDKs know, and where it is. */
export interface MovedBase {
  readonly from: string
  readonly to: string
}

/**
 * What a caller of `fetch` wants, with its body read, so that it can be sent again. A path, or a query alone, begins at the API's
 * base; an address must be the API's own, because it gets the connection's credentials. Those that the caller brings are
 * dropped: an SDK wants a key to be made with, and has none.
 * @throws SluiceError `ADDRESS_REFUSED` for another origin; `TypeError` for what `fetch` itself does not take.
 */
export async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  api: ApiDeclaration | undefined,
  { base, origins, trusted, moved = [] }: ApiAddress,
): Promise<Asked> {
  const target = typeof input === 'string' && /^[/?]/.test(input) ? base + input : input
  // Whoever hands over a stream without `duplex`, or an undefined one, means this.
  const asked = new Request(target, { ...init, ...({ duplex: 'half' } as object) })
  const url = new URL(whereItIs(asked.url, moved))
  if (!origins.has(url.origin))
    throw new SluiceError('ADDRESS_REFUSED', 'the address is not of this API: it gets no credentials')
  const headers = new Headers(asked.headers)
  if (!api?.signedBySdk) headers.delete('authorization')
  for (const [name, value] of Object.entries(api?.headers ?? {}))
    if (!headers.has(name)) headers.set(name, value)
  for (const [name, value] of Object.entries(api?.query ?? {}))
    if (!url.searchParams.has(name)) url.searchParams.set(name, value)
  const body = asked.body === null ? undefined : await asked.bytes()
  return {
    // `fetch` leaves `patch` as it is written.
    request: { method: asked.method.toUpperCase(), url, headers, body },
    path: url.href.startsWith(`${base}/`)
      ? url.pathname.slice(new URL(base).pathname.replace(/\/$/, '').length)
      : url.pathname,
    redirect: asked.redirect,
    signal: asked.signal,
    trusted: [...(trusted ? [base] : []), ...moved.map(({ to }) => to)].some(
      (named) => new URL(named).origin === url.origin,
    ),
  }
}

/** An address at a base that was moved, at its new place; any other as it is. */
function whereItIs(href: string, moved: readonly MovedBase[]): string {
  const base = moved.find(({ from }) => href.startsWith(from) && /^(?:[/?#]|$)/.test(href.slice(from.length)))
  return base ? base.to + href.slice(base.from.length) : href
}

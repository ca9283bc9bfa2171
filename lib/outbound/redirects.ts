import { SluiceError } from '../errors/sluice-error.ts'
import type { OutgoingRequest, Send, SendOptions } from './transport.ts'

export interface RedirectOptions extends SendOptions {
  /** `manual` hands the redirecting answer over, `error` refuses it. */
  readonly redirect: 'follow' | 'manual' | 'error'
  /** Headers that hold credentials, lower-case: they stay with the origin that they were made for. */
  readonly credentialHeaders?: ReadonlySet<string>
  /** Parameters that hold credentials: the address of an answer does not show them. */
  readonly credentialQuery?: readonly string[]
}

const maxHops = 3

/**
 * Sends a request and follows where it leads, at most three times. Each address is judged like the first; credentials, and
 * the trust in an origin that the operator named, end where the origin does. A body goes to no other origin.
 * @throws SluiceError as {@link Send} does; `ADDRESS_REFUSED` also for a redirect that may not be followed.
 */
export async function sendFollowing(
  request: OutgoingRequest,
  options: RedirectOptions,
  send: Send,
): Promise<Response> {
  let at = request
  let sending: SendOptions = options
  for (let hop = 0; ; hop += 1) {
    const answer = await send(at, sending)
    const location = isRedirect(answer.status) ? answer.headers.get('location') : null
    if (location === null || options.redirect === 'manual')
      return hop === 0 ? answer : landed(answer, at.url, options.credentialQuery)
    // What it says besides is read by nobody.
    await answer.body?.cancel()
    if (options.redirect === 'error') throw refused('redirects, which was not asked for')
    if (hop === maxHops) throw refused(`redirects more than ${maxHops} times`)
    const next = followed(at, answer.status, location, options)
    if (next.url.origin !== at.url.origin) sending = { ...sending, trusted: false }
    at = next
  }
}

/** An answer knows where it is from, as that of `fetch` does. */
function landed(answer: Response, url: URL, hidden: readonly string[] = []): Response {
  const shown = new URL(url)
  for (const name of hidden) shown.searchParams.delete(name)
  return Object.defineProperties(answer, { url: { value: shown.href }, redirected: { value: true } })
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
function followed(
  from: OutgoingRequest,
  status: number,
  location: string,
  { credentialHeaders }: RedirectOptions,
): OutgoingRequest {
  const url = URL.parse(location, from.url.href)
  if (!url) throw refused('redirects to what is no address')
  const becomesGet = (status === 303 && from.method !== 'HEAD') || (status < 303 && from.method === 'POST')
  const headers = new Headers(from.headers)
  if (becomesGet) for (const name of ofBody) headers.delete(name)
  const body = becomesGet ? undefined : from.body
  if (url.origin !== from.url.origin) {
    if (body !== undefined) throw refused('redirects a body to another origin')
    for (const name of [...ofOrigin, ...(credentialHeaders ?? [])]) headers.delete(name)
  }
  return { method: becomesGet ? 'GET' : from.method, url, headers, body }
}

const ofBody = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']
const ofOrigin = ['authorization', 'cookie', 'proxy-authorization']

const refused = (why: string): SluiceError => new SluiceError('ADDRESS_REFUSED', `the other side ${why}`)

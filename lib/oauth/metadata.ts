import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type CustomFetchOptions,
} from 'oauth4webapi'
import { oauth as limits } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import { isLoopback, isSecureUrl } from '../primitives/secure-url.ts'
import type { AskDeps } from './ask-provider.ts'

/** What of an authorization server's metadata is used. */
export interface ServerMetadata {
  readonly issuer: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly revokeUrl?: string
  /** Whether its answers name it (RFC 9207). */
  readonly namesItself: boolean
}

/**
 * Reads the metadata of an issuer: one GET that follows no redirect, at most 64 KB, within {@link limits.requestMs}.
 * `oauth4webapi` makes the request and judges the answer; the issuer must moreover be the same letter by letter, and the
 * addresses `https:`, or on this machine where the issuer is.
 * @throws SluiceError `MISCONFIGURED` for metadata that may not be used, `DESTINATION_UNAVAILABLE` when there is no answer.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
 */
export async function readMetadata(issuer: string, deps: AskDeps): Promise<ServerMetadata> {
  const url = URL.parse(issuer)
  if (!url || !isSafe(url, url) || url.search !== '' || url.hash !== '')
    throw unusable(issuer, 'is no https address')
  const answer = await ask(url, deps)
  let document: Readonly<Record<string, unknown>>
  try {
    document = await processDiscoveryResponse(url, answer)
  } catch {
    if (answer.status >= 500 || answer.status === 429) throw unavailable(issuer)
    throw unusable(issuer, 'has no metadata that names it')
  }
  if (document['issuer'] !== issuer) throw unusable(issuer, 'is spelled otherwise by its metadata')
  const address = (name: string): string | undefined => {
    const value = document[name]
    if (value === undefined) return undefined
    const parsed = typeof value === 'string' ? URL.parse(value) : null
    if (!parsed || !isSafe(parsed, url)) throw unusable(issuer, `has a ${name} that is not safe`)
    return parsed.href
  }
  const [authorizeUrl, tokenUrl] = [address('authorization_endpoint'), address('token_endpoint')]
  const revokeUrl = address('revocation_endpoint')
  if (authorizeUrl === undefined || tokenUrl === undefined)
    throw unusable(issuer, 'does not say where it authorizes')
  return {
    issuer,
    authorizeUrl,
    tokenUrl,
    ...(revokeUrl !== undefined && { revokeUrl }),
    namesItself: document['authorization_response_iss_parameter_supported'] === true,
  }
}

async function ask(issuer: URL, deps: AskDeps): Promise<Response> {
  const deadline = deadlineAfter(deps.clock, limits.requestMs)
  const bounded = async (
    url: string,
    { headers, redirect }: CustomFetchOptions<'GET'>,
  ): Promise<Response> => {
    const answer = await deps.fetch(url, { headers, redirect, signal: deadline.signal })
    const text = await boundedText(answer, limits.maxAnswerBytes)
    // Of any other answer the status says enough.
    return new Response(answer.status === 200 ? text : null, answer)
  }
  try {
    const options = { [customFetch]: bounded, [allowInsecureRequests]: isLoopback(issuer.hostname) }
    return await raceSignal(discoveryRequest(issuer, options), deadline.signal)
  } catch (cause) {
    throw unavailable(issuer.href, cause)
  } finally {
    deadline.end()
  }
}

/** Encrypted, or on this machine where the issuer is; and without what could change where it leads. */
const isSafe = (url: URL, issuer: URL): boolean =>
  isSecureUrl(url.href) && (isLoopback(issuer.hostname) || !isLoopback(url.hostname))

const unusable = (issuer: string, why: string): SluiceError =>
  new SluiceError('MISCONFIGURED', `the issuer ${issuer.slice(0, 128)} ${why}`)
const unavailable = (issuer: string, cause?: unknown): SluiceError =>
  new SluiceError('DESTINATION_UNAVAILABLE', `the issuer ${issuer} does not tell its metadata`, { cause })

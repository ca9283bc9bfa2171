import { AuthorizationResponseError, validateAuthResponse } from 'oauth4webapi'
import type { OAuthCode } from '../providers/auth.ts'
import { issuerOf, type OAuthClient } from './client.ts'

/** What an authorization server says by way of the browser. */
export type AuthorizationAnswer =
  | { readonly kind: 'code'; readonly code: string }
  /** The user, or the server for them, said no. */
  | { readonly kind: 'denied' }
  /** It does not come from the server that was asked. */
  | { readonly kind: 'issuer_mismatch' }
  /** Something that no answer to a request for a code is. */
  | { readonly kind: 'malformed' }

const codeGrammar = /^[\u0021-\u007e]{1,4096}$/

/**
 * Reads an authorization answer, whose state is known to be good. The issuer, the error, and answers of other flows are judged
 * by `oauth4webapi`; what it lets pass and no code flow sends is refused here.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 * @see https://www.rfc-editor.org/rfc/rfc9207
 */
export function readAuthorizationAnswer(
  client: OAuthClient<OAuthCode>,
  query: Readonly<Record<string, string>>,
  state: string,
): AuthorizationAnswer {
  const { auth, clientId } = client
  const issuer = issuerOf(client)
  const parameters = new URLSearchParams(query)
  // Without a known issuer there is nothing to compare it with.
  if (issuer === undefined) parameters.delete('iss')
  const server = {
    issuer: issuer ?? new URL(auth.tokenUrl).origin,
    authorization_response_iss_parameter_supported: auth.issuer !== undefined,
  }
  try {
    validateAuthResponse(server, { client_id: clientId }, parameters, state)
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return { kind: 'denied' }
    const isOther = parameters.has('iss') ? query['iss'] !== issuer : auth.issuer !== undefined
    return { kind: isOther ? 'issuer_mismatch' : 'malformed' }
  }
  const { code, error, access_token: token } = query
  const isCode = code !== undefined && codeGrammar.test(code) && error === undefined && token === undefined
  return isCode ? { kind: 'code', code } : { kind: 'malformed' }
}

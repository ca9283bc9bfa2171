import type { OAuthCode } from '../providers/auth.ts'
import type { OAuthClient } from './client.ts'
import type { TokenOutcome } from './token-answer.ts'
import { askTokenEndpoint, type TokenEndpointDeps } from './token-endpoint.ts'

/**
 * Exchanges a code. Never repeated by itself: after a lost answer the code is spent, and a second try may revoke what the
 * first one gave.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export const exchangeCode = (
  client: OAuthClient<OAuthCode>,
  {
    code,
    redirectUri,
    verifier,
  }: { readonly code: string; readonly redirectUri: string; readonly verifier: string },
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> =>
  askTokenEndpoint(
    client,
    {
      grant_type: 'authorization_code',
      code,
      // An installation begins at an address that takes none.
      ...(!client.auth.installation && { redirect_uri: redirectUri }),
      ...(client.auth.pkce && { code_verifier: verifier }),
    },
    deps,
  )

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-6 */
export const refreshGrant = (
  client: OAuthClient<OAuthCode>,
  refreshToken: string,
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> =>
  askTokenEndpoint(client, { grant_type: 'refresh_token', refresh_token: refreshToken }, deps)

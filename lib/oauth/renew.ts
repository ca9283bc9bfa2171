import type { ConnectGrant } from '../providers/auth.ts'
import type { Connection, Tokens } from '../vault/connection.ts'
import { delegatedGrant } from './app-grants.ts'
import type { OAuthClient } from './client.ts'
import { refreshGrant } from './grants.ts'
import { installationGrant } from './installation.ts'
import type { TokenOutcome } from './token-answer.ts'
import type { TokenEndpointDeps } from './token-endpoint.ts'

/** Whether new tokens of this provider are paid for with a refresh token; else they can be asked for at any time. */
export const spendsRefreshToken = (auth: ConnectGrant): boolean =>
  auth.kind === 'oauth2-code' && !auth.installation

/** One request for the next tokens of a connection. `undefined`: there is nothing to ask with. */
export async function renew(
  { auth, ...client }: OAuthClient,
  connection: Pick<Connection, 'account' | 'scopes'>,
  { refreshToken }: Pick<Tokens, 'refreshToken'>,
  deps: TokenEndpointDeps,
): Promise<TokenOutcome | undefined> {
  if (auth.kind === 'delegated-jwt') return delegatedGrant({ ...client, auth }, connection, deps)
  if (auth.installation)
    return installationGrant({ ...client, auth }, auth.installation, connection.account, deps)
  if (refreshToken === undefined) return undefined
  return refreshGrant({ ...client, auth }, refreshToken, deps)
}

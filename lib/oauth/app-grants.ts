import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { toSeconds } from '../primitives/clock.ts'
import type { OAuthGrant } from '../providers/auth.ts'
import type { OAuthClient } from './client.ts'
import type { TokenOutcome } from './token-answer.ts'
import { askTokenEndpoint, type TokenEndpointDeps } from './token-endpoint.ts'

type Parameters = Readonly<Record<string, string>>
type Client = OAuthClient<OAuthGrant>

/** What a grant without a user sends. */
const parametersOf: Record<
  OAuthGrant['kind'],
  (client: Client, deps: TokenEndpointDeps) => Promise<Parameters>
> = {
  // https://www.rfc-editor.org/rfc/rfc6749#section-4.4
  'client-credentials': async ({ auth }) => ({ ...auth.params, grant_type: 'client_credentials' }),
  // The only grant that some providers offer; the client id is the user name, its secret the password.
  password: async ({ clientId, clientSecret, auth }) => ({
    ...auth.params,
    grant_type: 'password',
    username: clientId,
    password: clientSecret.reveal(),
  }),
  // https://www.rfc-editor.org/rfc/rfc7523: the client id is the account, its secret the private key in PEM.
  'jwt-bearer': async (client, deps) => ({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await assertion(client, deps),
  }),
}

/** Asks for a token with the operator's own credentials. */
export async function appGrant(client: Client, deps: TokenEndpointDeps): Promise<TokenOutcome> {
  try {
    return await askTokenEndpoint(client, await parametersOf[client.auth.kind](client, deps), deps)
  } catch {
    // What can't be a key; the error may quote it.
    return { kind: 'misconfigured', error: 'unusable_key' }
  }
}

/** The provider's parameters are claims of the token. */
async function assertion(
  { clientId, clientSecret, auth }: Client,
  { clock }: TokenEndpointDeps,
): Promise<string> {
  const issuedAt = toSeconds(clock.now())
  return new SignJWT({ ...auth.params })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(clientId)
    .setAudience(auth.tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3_600)
    .sign(createPrivateKey(clientSecret.reveal()))
}

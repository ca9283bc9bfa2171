import { toSeconds } from '../primitives/clock.ts'
import type { Delegation, OAuthGrant } from '../providers/auth.ts'
import type { OAuthClient } from './client.ts'
import { signedJwt } from './signed-jwt.ts'
import type { TokenOutcome } from './token-answer.ts'
import { askTokenEndpoint, type TokenEndpointDeps } from './token-endpoint.ts'

type Parameters = Readonly<Record<string, string>>
type Client = OAuthClient<OAuthGrant>

/** What a grant without a user sends. */
const parametersOf: Record<OAuthGrant['kind'], (client: Client, deps: TokenEndpointDeps) => Parameters> = {
  // https://www.rfc-editor.org/rfc/rfc6749#section-4.4
  'client-credentials': ({ auth }) => ({ ...auth.params, grant_type: 'client_credentials' }),
  // The only grant that some providers offer; the client id is the user name, its secret the password.
  password: ({ clientId, clientSecret, auth }) => ({
    ...auth.params,
    grant_type: 'password',
    username: clientId,
    password: clientSecret.reveal(),
  }),
  // The provider's parameters are claims of the token.
  'jwt-bearer': (client, deps) => bearerOf(client, client.auth.params ?? {}, deps),
}

/** Asks for a token with the operator's own credentials. */
export async function appGrant(client: Client, deps: TokenEndpointDeps): Promise<TokenOutcome> {
  try {
    return await askTokenEndpoint(client, parametersOf[client.auth.kind](client, deps), deps)
  } catch {
    // What can't be a key; the error may quote it.
    return unusableKey
  }
}

/**
 * Asks for a token of the user that a service account stands for.
 * @see https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function delegatedGrant(
  client: OAuthClient<Delegation>,
  { account, scopes }: { readonly account: string; readonly scopes: readonly string[] },
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> {
  const claims = { sub: account, scope: scopes.join(client.auth.scopes.separator) }
  try {
    return await askTokenEndpoint(client, bearerOf(client, claims, deps), deps)
  } catch {
    return unusableKey
  }
}

const unusableKey = { kind: 'misconfigured', error: 'unusable_key' } as const

/** The client id is the account, its private key, or the secret in the place of one, what it signs with. @see https://www.rfc-editor.org/rfc/rfc7523 */
function bearerOf(
  { clientId, clientSecret, privateKey, auth }: OAuthClient<OAuthGrant | Delegation>,
  claims: Parameters,
  { clock }: TokenEndpointDeps,
): Parameters {
  const issuedAt = toSeconds(clock.now())
  const payload = { ...claims, iss: clientId, aud: auth.tokenUrl, iat: issuedAt, exp: issuedAt + 3_600 }
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: signedJwt(payload, privateKey ?? { pem: clientSecret }),
  }
}

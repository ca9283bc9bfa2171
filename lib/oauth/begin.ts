import { createHash, createHmac } from 'node:crypto'
import { oauth as limits } from '../config/defaults.ts'
import { hashTuple } from '../primitives/bytes.ts'
import { later, type Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { Delegation, OAuthCode } from '../providers/auth.ts'
import type { OAuthClient, OAuthClients } from './client.ts'
import { stateName, type ConnectStore } from './connect-store.ts'
import { wantedScopes } from './scopes.ts'

export interface BeginDeps {
  readonly store: ConnectStore
  readonly clients: OAuthClients
  readonly clock: Clock
  readonly random: Random
  /** Where the provider sends the browser back to, for each provider its own. */
  readonly redirectUri: (provider: string) => string
}

export type Begun =
  | { readonly kind: 'redirect'; readonly url: string; readonly cookie: string }
  /** Nobody has to be asked: the state, which no browser gets, says it all. */
  | { readonly kind: 'delegated'; readonly stateId: string; readonly client: OAuthClient<Delegation> }
  | { readonly kind: 'used' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'no_client' }

/**
 * Opens a connect link: once. The browser gets a cookie that nothing else knows; the state that goes to the provider is bound
 * to it, and the PKCE verifier is made of both, so it is stored nowhere.
 * @see https://www.rfc-editor.org/rfc/rfc9700
 */
export async function begin(provider: string, linkId: string, deps: BeginDeps): Promise<Begun> {
  const client = await deps.clients.of(provider)
  if (!client) return { kind: 'no_client' }
  const now = deps.clock.now()
  const [state, cookie] = [random256(deps.random), random256(deps.random)]
  const link = await deps.store.useLink(linkId, stateName(state), now)
  if (link.kind !== 'first') return { kind: link.kind }
  if (link.value.provider !== provider) return { kind: 'unknown' }
  const expiresAt = later(now, limits.stateMs)
  await deps.store.addState(state, { ...link.value, cookieHash: cookieHash(cookie), expiresAt })
  const { auth } = client
  if (auth.kind === 'delegated-jwt') return { kind: 'delegated', stateId: state, client: { ...client, auth } }
  const url = authorizationUrl(
    { ...client, auth },
    {
      state,
      verifier: pkceVerifier(cookie, state),
      scopes: link.value.scopes,
      redirectUri: deps.redirectUri(provider),
    },
  )
  return { kind: 'redirect', url, cookie }
}

const random256 = (random: Random): string => Buffer.from(random.bytes(32)).toString('base64url')

export const cookieHash = (cookie: string): string =>
  hashTuple('connect-cookie', cookie).toString('base64url')

/** 43 characters, known to whoever has the cookie and the state. */
export const pkceVerifier = (cookie: string, state: string): string =>
  createHmac('sha256', cookie).update(`verifier ${state}`).digest('base64url')

interface Request {
  readonly state: string
  readonly verifier: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
}

/** @see https://www.rfc-editor.org/rfc/rfc7636#section-4.3 */
function authorizationUrl({ auth, clientId }: OAuthClient<OAuthCode>, request: Request): string {
  const url = new URL(auth.authorizeUrl)
  const { state } = request
  const parameters = auth.installation ? { state } : codeParameters({ auth, clientId }, request)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

function codeParameters(
  { auth, clientId }: Pick<OAuthClient<OAuthCode>, 'auth' | 'clientId'>,
  { state, verifier, scopes, redirectUri }: Request,
): Readonly<Record<string, string>> {
  const { separator } = auth.scopes
  const wanted = wantedScopes(scopes, auth)
  return {
    ...auth.authorizeParams,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: wanted.own.join(separator),
    ...(auth.second &&
      wanted.second.length > 0 && { [auth.second.scopes.parameter]: wanted.second.join(separator) }),
    state,
    ...(auth.pkce && {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }),
  }
}

import { sameBytes } from '../primitives/bytes.ts'
import { token128 } from '../primitives/random.ts'
import type { OAuthCode } from '../providers/auth.ts'
import { cookieHash, pkceVerifier, type BeginDeps } from './begin.ts'
import type { OAuthClient } from './client.ts'
import type { ConnectState } from './connect-store.ts'
import { exchangeCode } from './grants.ts'
import { connect, type Connected, type ConnectDeps } from './connect.ts'

export type CallbackDeps = BeginDeps & ConnectDeps

/** What the browser brings back: every parameter once. */
export interface Callback {
  readonly provider: string
  readonly query: Readonly<Record<string, string>>
  readonly cookie: string | undefined
}

const grammar = { state: /^[A-Za-z0-9_-]{43}$/, code: /^[\u0021-\u007e]{1,4096}$/ }

/**
 * Takes a browser that comes back from the provider. The state is used once, by the browser that it was made for; the code is
 * exchanged once and never again, whatever becomes of the answer.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export async function callback(
  { provider, query, cookie }: Callback,
  deps: CallbackDeps,
): Promise<Connected> {
  const { state: stateId = '' } = query
  if (!grammar.state.test(stateId)) return { kind: 'state_invalid' }
  const client = await deps.clients.of(provider)
  if (client?.auth.kind !== 'oauth2-code') return { kind: 'no_client' }
  const now = deps.clock.now()
  const known = await deps.store.readState(stateId, now)
  // Nothing is used up for someone who is not the browser that began it.
  if (known.kind !== 'first' || !isBrowsersOwn(known.value, provider, cookie)) {
    deps.log('warn', 'a connect flow came back to where it did not begin', { provider })
    return { kind: 'state_invalid' }
  }
  const used = await deps.store.useState(stateId, token128(deps.random), now)
  if (used.kind !== 'first') return { kind: 'state_invalid' }
  return received({ ...client, auth: client.auth }, used.value, { query, cookie, stateId }, deps)
}

/** What came back to the state that it began with. */
async function received(
  client: OAuthClient<OAuthCode>,
  state: ConnectState,
  { query, cookie, stateId }: Pick<Callback, 'query' | 'cookie'> & { readonly stateId: string },
  deps: CallbackDeps,
): Promise<Connected> {
  const { provider, returnTo } = state
  const { code, error, iss } = query
  if (client.auth.issuer !== undefined && iss !== client.auth.issuer)
    return { kind: 'refused', why: 'issuer_mismatch', returnTo }
  if (error !== undefined) return { kind: 'denied', returnTo }
  if (code === undefined || !grammar.code.test(code)) return { kind: 'state_invalid' }
  const outcome = await exchangeCode(
    client,
    { code, redirectUri: deps.redirectUri(provider), verifier: pkceVerifier(cookie ?? '', stateId) },
    deps,
  )
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'a code could not be exchanged', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return connect({ link: state, client, grant: outcome.grant, query }, deps)
}

function isBrowsersOwn(state: ConnectState, provider: string, cookie: string | undefined): boolean {
  if (state.provider !== provider || cookie === undefined) return false
  return sameBytes(Buffer.from(cookieHash(cookie)), Buffer.from(state.cookieHash))
}

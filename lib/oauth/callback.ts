import { sameBytes } from '../primitives/bytes.ts'
import { token128 } from '../primitives/random.ts'
import type { OAuthCode } from '../providers/auth.ts'
import { endOf } from './attempt.ts'
import { readAuthorizationAnswer } from './authorization-answer.ts'
import { cookieHash, pkceVerifier } from './begin.ts'
import type { OAuthClient } from './client.ts'
import type { ConnectState } from './connect-store.ts'
import { connect } from './connect.ts'
import { noted, type Connected, type ConnectDeps, type Flow } from './flow.ts'
import { exchangeCode } from './grants.ts'

/** What the browser brings back: every parameter once. */
export interface Callback {
  readonly provider: string
  readonly query: Readonly<Record<string, string>>
  readonly cookie: string | undefined
}

const stateGrammar = /^[A-Za-z0-9_-]{43}$/

/**
 * Takes a browser that comes back from the provider. The state is used once, by the browser that it was made for; the code is
 * exchanged once and never again, whatever becomes of the answer.
 * @throws SluiceError `VAULT_UNAVAILABLE` while nothing could be kept; the state is then as good as before.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export async function callback(
  { provider, query, cookie = '' }: Callback,
  deps: ConnectDeps,
): Promise<Connected> {
  const { state: stateId = '' } = query
  if (!stateGrammar.test(stateId)) return { kind: 'state_invalid' }
  const client = await deps.clients.of(provider)
  if (client?.auth.kind !== 'oauth2-code') return { kind: 'no_client' }
  const codeClient = { ...client, auth: client.auth }
  const now = deps.clock.now()
  const known = await deps.store.readState(stateId, now)
  // Nothing is used up for someone who is not the browser that began it, and nothing is told.
  if (known.kind === 'unknown' || !isBrowsersOwn(known.value, provider, cookie)) {
    deps.log('warn', 'a connect flow came back to where it did not begin', { provider })
    return { kind: 'state_invalid' }
  }
  const { returnTo, tenant } = known.value
  if (known.kind === 'used') {
    const { status } = await endOf(known, now, deps)
    const isLost = status === 'pending_lost'
    return isLost ? { kind: 'refused', why: 'pending_lost', returnTo } : { kind: 'state_invalid' }
  }
  // Needed to keep what the provider will give: without it nothing is spent.
  await deps.keys.current(tenant)
  const used = await deps.store.useState(stateId, token128(deps.random), now)
  if (used.kind !== 'first') return { kind: 'state_invalid' }
  return noted(
    { stateId, state: used.value, now },
    (flow) => received(flow, codeClient, { query, cookie }, deps),
    deps,
  )
}

function isBrowsersOwn(state: ConnectState, provider: string, cookie: string): boolean {
  if (state.provider !== provider || cookie === '') return false
  return sameBytes(Buffer.from(cookieHash(cookie)), Buffer.from(state.cookieHash))
}

/** What came back to the state that it began with. */
async function received(
  flow: Flow,
  client: OAuthClient<OAuthCode>,
  { query, cookie }: { readonly query: Callback['query']; readonly cookie: string },
  deps: ConnectDeps,
): Promise<Connected> {
  const { stateId, state } = flow
  const { provider, returnTo } = state
  const answer = readAuthorizationAnswer(client, query, stateId)
  if (answer.kind === 'malformed') return { kind: 'state_invalid' }
  if (answer.kind === 'denied') return { kind: 'denied', returnTo }
  if (answer.kind === 'issuer_mismatch') return { kind: 'refused', why: 'issuer_mismatch', returnTo }
  const verifier = pkceVerifier(cookie, stateId)
  const redirectUri = deps.redirectUri(provider)
  const outcome = await exchangeCode(client, { code: answer.code, redirectUri, verifier }, deps)
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'a code could not be exchanged', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return connect(flow, { client, grant: outcome.grant, query }, deps)
}

import { oauth as limits } from '../config/defaults.ts'
import { sameBytes } from '../primitives/bytes.ts'
import { days, later, type EpochMs } from '../primitives/clock.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import { token128 } from '../primitives/random.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { Connection } from '../vault/connection.ts'
import { cookieHash, pkceVerifier, type BeginDeps } from './begin.ts'
import type { OAuthClient } from './client.ts'
import type { ConnectState } from './connect-store.ts'
import { exchangeCode } from './grants.ts'
import { idTokenClaims } from './id-token.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import type { Grant } from './token-answer.ts'
import { sealGrant } from './token-store.ts'

export type CallbackDeps = BeginDeps & Omit<RefreshDeps, 'guard' | 'escrow' | 'announce'>

/** What the browser brings back: every parameter once. */
export interface Callback {
  readonly provider: string
  readonly query: Readonly<Record<string, string>>
  readonly cookie: string | undefined
}

export type Connected =
  | { readonly kind: 'connected'; readonly connection: Connection; readonly returnTo: string | undefined }
  /** The user, or the provider for them, said no. */
  | { readonly kind: 'denied'; readonly returnTo: string | undefined }
  /** Not a way back that began here, in this browser, within its time, and for the first time. */
  | { readonly kind: 'state_invalid' }
  | { readonly kind: 'no_client' }
  /** The provider did not give what was asked for. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly returnTo: string | undefined }

export type Refusal =
  | 'exchange_failed'
  | 'no_account'
  | 'another_account'
  | 'scopes_missing'
  | 'issuer_mismatch'

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
  const { state: stateId = '', code, error, iss } = query
  if (!grammar.state.test(stateId)) return { kind: 'state_invalid' }
  const client = await deps.clients.of(provider)
  if (!client) return { kind: 'no_client' }
  const now = deps.clock.now()
  const known = await deps.store.readState(stateId, now)
  // Nothing is used up for someone who is not the browser that began it.
  if (known.kind !== 'first' || !isBrowsersOwn(known.value, provider, cookie)) {
    deps.log('warn', 'a connect flow came back to where it did not begin', { provider })
    return { kind: 'state_invalid' }
  }
  const used = await deps.store.useState(stateId, token128(deps.random), now)
  if (used.kind !== 'first') return { kind: 'state_invalid' }
  const { returnTo } = used.value
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
  return keep({ state: used.value, client, grant: outcome.grant, query, now }, deps)
}

function isBrowsersOwn(state: ConnectState, provider: string, cookie: string | undefined): boolean {
  if (state.provider !== provider || cookie === undefined) return false
  return sameBytes(Buffer.from(cookieHash(cookie)), Buffer.from(state.cookieHash))
}

interface Granted {
  readonly state: ConnectState
  readonly client: OAuthClient
  readonly grant: Grant
  readonly query: Readonly<Record<string, string>>
  readonly now: EpochMs
}

/** What may not be kept is given back at once: nobody else holds it. */
async function keep(granted: Granted, deps: CallbackDeps): Promise<Connected> {
  const { state, client, grant, now } = granted
  const { returnTo, tenant, provider } = state
  const account = await accountOf(granted, deps)
  const why = refusalOf(account, granted)
  if (account === undefined || why) {
    await deps.revoke({ provider }, grant.tokens)
    return { kind: 'refused', why: why ?? 'no_account', returnTo }
  }
  const id = connectionId(tenant, provider, account)
  const hard = client.auth.hardExpiryDays
  const facts = await sealGrant(
    { id, tenant, provider },
    grant,
    { scopes: state.scopes, ...(hard !== undefined && { hardExpiresAt: later(now, days(hard)) }) },
    deps,
  )
  const connection = await deps.vault.connect(
    {
      id,
      tenant,
      provider,
      account,
      state: state.isShared ? 'pending' : 'active',
      connectedAt: now,
      ...facts,
    },
    token128(deps.random),
  )
  deps.metrics.count('ConnectionMade', { provider })
  deps.log('info', 'a connection was made', { tenant, provider, connection: id })
  return { kind: 'connected', connection, returnTo }
}

/** Names of scopes that providers answer by another name, or not at all. */
const unnamed = new Set(['openid', 'email', 'profile', 'offline_access'])

function refusalOf(account: string | undefined, { state, grant, client }: Granted): Refusal | undefined {
  if (account === undefined) return 'no_account'
  if (state.account !== undefined && state.account !== account) return 'another_account'
  const { within = {} } = client.auth.scopes
  const given = grant.scopes?.flatMap((scope) => [scope, ...(within[scope] ?? [])])
  const missing = state.scopes.filter((scope) => !unnamed.has(scope) && given?.includes(scope) === false)
  return missing.length > 0 ? 'scopes_missing' : undefined
}

async function accountOf(
  { client, grant, query, now }: Granted,
  deps: CallbackDeps,
): Promise<string | undefined> {
  const { account } = client.auth
  const { clientId } = client
  if ('query' in account) return named(query[account.query])
  if ('claim' in account)
    return named(grant.idToken && idTokenClaims(grant.idToken, { clientId, now })?.[account.claim])
  if ('url' in account) return named(readPointer(await profile(account.url, grant, deps), account.pointer))
  return named(readPointer(grant.answer, account.pointer))
}

const named = (value: unknown): string | undefined => {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[\u0021-\u007e]{1,256}$/.test(text) ? text : undefined
}

/** The user's own record at the provider, where the token answer names no account. */
async function profile(url: string, { tokens }: Grant, deps: CallbackDeps): Promise<unknown> {
  const deadline = deadlineAfter(deps.clock, limits.requestMs)
  try {
    const headers = {
      authorization: `Bearer ${tokens.accessToken}`,
      accept: 'application/json',
      'user-agent': 'sluice',
    }
    const read = async (): Promise<unknown> => {
      const answer = await deps.fetch(url, { headers, redirect: 'error', signal: deadline.signal })
      return answer.ok ? JSON.parse(await boundedText(answer, limits.maxAnswerBytes)) : undefined
    }
    return await raceSignal(read(), deadline.signal)
  } catch {
    return undefined
  } finally {
    deadline.end()
  }
}

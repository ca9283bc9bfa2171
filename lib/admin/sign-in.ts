import { createHash, createHmac } from 'node:crypto'
import { callerOf, type Caller } from '../access/caller.ts'
import type { Issuer } from '../access/issuer.ts'
import { validateIdToken } from '../access/validate-id-token.ts'
import { epochMs, isPast, later, minutes, type Clock } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import type { People } from './admit.ts'
import { seal, unseal } from './sealed.ts'
import type { UsedLinks } from './used-links.ts'

/** How long a person may take at the issuer. */
export const signInLifetime = minutes(10)

export interface SignInDeps {
  readonly people: People
  readonly issuer: Issuer
  readonly usedLinks: UsedLinks
  readonly token: Secret
  readonly clock: Clock
  readonly random: Random
  /** Where the issuer sends the browser back to. */
  readonly redirectUri: string
}

/** Where to send the browser, and the cookie that binds what comes back to it. */
export interface SignInBegun {
  readonly url: string
  readonly cookie: string
}

/** What a sign-in came to. */
export type SignedIn =
  | { readonly kind: 'signed_in'; readonly subject: string; readonly caller: Caller }
  /** No cookie, or not one of ours: begun in another browser, or not at all. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' }
  /** A callback that came before. */
  | { readonly kind: 'used' }
  | { readonly kind: 'denied' }
  /** `why` is for the log, and quotes nobody. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The issuer knows the person and gives them no role here. */
  | { readonly kind: 'no_role' }
  | { readonly kind: 'unavailable' }

/**
 * Begins a sign-in: authorization code with PKCE (S256), state and nonce. Nothing is stored: all three are made of the cookie's
 * random id with the admin token as their key, so that whoever reads the cookie learns none of them.
 * @returns `undefined` while the issuer's addresses can't be had
 * @see https://www.rfc-editor.org/rfc/rfc9700
 */
export async function beginSignIn(deps: SignInDeps): Promise<SignInBegun | undefined> {
  const client = deps.people.config.console
  const addresses = client && (await deps.issuer.addresses())
  if (!addresses) return undefined
  const id = token128(deps.random)
  const cookie = seal(deps.token, 'sign-in', `${id}.${later(deps.clock.now(), signInLifetime)}`)
  const url = new URL(addresses.authorizeUrl)
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: deps.redirectUri,
    scope: client.scopes.join(' '),
    state: derived('state', id, deps),
    nonce: derived('nonce', id, deps),
    code_challenge: createHash('sha256')
      .update(derived('verifier', id, deps))
      .digest('base64url'),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, cookie }
}

const grammar = /^([A-Za-z0-9_-]{22})\.(\d{13})$/

/**
 * Takes a browser that comes back. Only the browser that began it has the cookie, and each begun sign-in takes one answer: it is
 * noted as used before the code goes to the issuer.
 * @param query what the issuer wrote into the address
 */
export async function finishSignIn(
  query: URLSearchParams,
  cookie: string,
  signal: AbortSignal,
  deps: SignInDeps,
): Promise<SignedIn> {
  const [, id, expiry] = grammar.exec(unseal(deps.token, 'sign-in', cookie) ?? '') ?? []
  const client = deps.people.config.console
  if (id === undefined || !client) return { kind: 'unknown' }
  const expiresAt = epochMs(Number(expiry))
  if (isPast(expiresAt, deps.clock.now())) return { kind: 'expired' }
  const state = derived('state', id, deps)
  if (query.getAll('state').join() !== state) return { kind: 'unknown' }
  if ((await deps.usedLinks.use({ id, expiresAt }, token128(deps.random), signal)) === 'used')
    return { kind: 'used' }
  const { redirectUri } = deps
  const verifier = derived('verifier', id, deps)
  const exchanged = await deps.issuer.exchange({ query, state, verifier, redirectUri })
  if (exchanged.kind !== 'exchanged') return exchanged
  const expected = { clientId: client.clientId, nonce: derived('nonce', id, deps) }
  const verdict = await validateIdToken(exchanged.idToken, expected, deps.people.config, deps.people)
  if (verdict.kind !== 'valid')
    return verdict.kind === 'invalid' ? { kind: 'refused', why: 'id_token' } : verdict
  const caller = callerOf(verdict.claims, deps.people.config)
  return caller.role === undefined
    ? { kind: 'no_role' }
    : { kind: 'signed_in', subject: verdict.subject, caller }
}

const derived = (what: 'state' | 'nonce' | 'verifier', id: string, { token }: SignInDeps): string =>
  createHmac('sha256', createHmac('sha256', token.reveal()).update('sluice:sign-in-part').digest())
    .update(`${what} ${id}`)
    .digest('base64url')

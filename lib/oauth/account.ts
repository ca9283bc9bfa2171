import { oauth as limits } from '../config/defaults.ts'
import type { EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { AccountSource } from '../providers/auth-words.ts'
import type { OAuthCode } from '../providers/auth.ts'
import type { Connection, Tokens } from '../vault/connection.ts'
import { askProvider, type AskDeps } from './ask-provider.ts'
import { issuerOf, type OAuthClient } from './client.ts'
import { idTokenClaims, unjudgedClaims } from './id-token.ts'
import type { Grant } from './token-answer.ts'

/** What a code was exchanged for, and what the browser brought beside the code. */
export interface Granted {
  readonly client: OAuthClient<OAuthCode>
  readonly grant: Grant
  readonly query: Readonly<Record<string, string>>
  readonly now: EpochMs
}

/** The account of a grant that its user has just given; `undefined` where nothing trustworthy names one. */
export async function accountOf(granted: Granted, deps: AskDeps): Promise<string | undefined> {
  const { client, grant, query } = granted
  const { account } = client.auth
  if ('query' in account) return named(query[account.query])
  if ('claim' in account) return named(claimsOf(granted)?.[account.claim])
  if ('url' in account)
    return named(readPointer(await askProvider(account.url, grant.tokens.accessToken, deps), account.pointer))
  return pointedAt(grant.answer, account)
}

/** Of the credential of one user beside that of the app. */
export const secondAccount = (account: string, user: unknown): string | undefined => {
  const name = named(user)
  return name === undefined ? undefined : `${account}:${name}`
}

/** What later refreshes are compared with, where the account is not in an ID token itself: its subject never changes. */
export const subjectOf = (granted: Granted): string | undefined =>
  'claim' in granted.client.auth.account ? undefined : named(claimsOf(granted)?.['sub'])

const claimsOf = ({ client, grant, now }: Granted): ReturnType<typeof idTokenClaims> =>
  grant.idToken === undefined
    ? undefined
    : idTokenClaims(grant.idToken, { clientId: client.clientId, issuer: issuerOf(client), now })

/**
 * Whether tokens that a refresh has brought say, or their provider says of them, that they are for another account (B074).
 * Who says nothing is believed: an answer that did not come must not cost the tokens that did. The provider is asked only
 * when there is a new refresh token, as only then the grant may have been changed for another.
 */
export async function isForeign(
  { account, grant: before }: { readonly account: Connection['account']; readonly grant: Tokens },
  { auth }: OAuthClient,
  grant: Grant,
  deps: AskDeps,
): Promise<boolean> {
  if (auth.kind !== 'oauth2-code' || auth.installation) return false
  const claims = grant.idToken === undefined ? undefined : unjudgedClaims(grant.idToken)
  const subject = named(claims?.['sub'])
  if (before.subject !== undefined && subject !== undefined && subject !== before.subject) return true
  const { tokenType, refreshToken } = grant.tokens
  // One credential of a pair for the other.
  if (auth.second && tokenType.toLowerCase() !== before.tokenType.toLowerCase()) return true
  if ('claim' in auth.account) return differs(account, named(claims?.[auth.account.claim]))
  if ('url' in auth.account) {
    if (refreshToken === undefined || refreshToken === before.refreshToken) return false
    const { url, pointer } = auth.account
    const said = await askProvider(url, grant.tokens.accessToken, deps, limits.checkMs)
    return differs(account, named(readPointer(said, pointer)))
  }
  return 'pointer' in auth.account && isOther(account, grant, auth.account, auth.second)
}

function isOther(
  account: string,
  { answer }: Grant,
  source: Extract<AccountSource, { readonly instead?: unknown }>,
  second: OAuthCode['second'],
): boolean {
  const said = pointedAt(answer, source)
  if (!second || !account.includes(':')) return differs(account, said)
  const [own, user] = account.split(':')
  return differs(own, said) || differs(user, named(readPointer(answer, second.user)))
}

const differs = (known: string | undefined, said: string | undefined): boolean =>
  said !== undefined && said !== known

function pointedAt(
  answer: unknown,
  { pointer, instead }: Extract<AccountSource, { readonly instead?: unknown }>,
): string | undefined {
  const isInstead = instead !== undefined && readPointer(answer, instead.when) === true
  return named(readPointer(answer, isInstead ? instead.pointer : pointer))
}

const named = (value: unknown): string | undefined => {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[\u0021-\u007e]{1,256}$/.test(text) ? text : undefined
}

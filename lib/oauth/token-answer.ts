import * as z from 'zod/mini'
import { readPointer } from '../primitives/json-pointer.ts'
import type { Delegation, OAuthCode } from '../providers/auth.ts'
import type { ReauthCause, Tokens } from '../vault/connection.ts'
import type { AnyGrant } from './client.ts'

/** What an authorization server gave. */
export interface Grant {
  readonly tokens: Tokens
  /** As the answer says, else as the provider is known to give; none: it does not run out. */
  readonly lifetimeSeconds?: number
  /** Of the refresh token, unless it is used before. */
  readonly refreshLifetimeSeconds?: number
  /** Of the whole grant, where the answer says it. */
  readonly hardLifetimeSeconds?: number
  /** The next tokens can be asked for without a refresh token. */
  readonly isRenewable?: boolean
  /** `undefined` where the answer says nothing: then it is what was asked for. */
  readonly scopes?: readonly string[]
  readonly idToken?: string
  /** The second credential of the same answer. */
  readonly second?: Grant
  /** This is the second credential: the answer has no other. */
  readonly isSecond?: boolean
  /** The whole answer, for values that a provider declares by pointer. Holds tokens: never logged. */
  readonly answer: unknown
}

/**
 * `refused`: the grant is not good any more, only its user can mend that. `misconfigured`: the operator must. `unavailable`:
 * nobody knows; whether the server acted on the request is not known either.
 */
export type TokenOutcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly error: string; readonly cause?: ReauthCause }
  | { readonly kind: 'misconfigured'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string }

/** Printable, and short enough to be a header. */
const tokenText = z.string().check(z.minLength(1), z.maxLength(16_384), z.regex(/^[\u0021-\u007e]+$/))
export const isTokenText = (value: unknown): value is string => tokenText.safeParse(value).success
const schema = z.looseObject({
  access_token: tokenText,
  token_type: z.string(),
  refresh_token: z.optional(z.union([tokenText, z.literal(''), z.null()])),
  expires_in: z.optional(z.unknown()),
  scope: z.optional(z.union([z.string(), z.null()])),
  id_token: z.optional(tokenText),
})

const lost = new Set([
  'invalid_grant',
  'bad_verification_code',
  'bad_refresh_token',
  'invalid_refresh_token',
  'invalid_code',
  'code_already_used',
  'token_revoked',
  'token_expired',
])
const temporary = new Set([
  'temporarily_unavailable',
  'server_error',
  'slow_down',
  'ratelimited',
  'internal_error',
])

/**
 * What the answer of a token endpoint means, in the dialects there are: errors under 200 (GitHub, Slack's `ok: false`),
 * `expires_in` as text, refresh tokens left out. A grant is lost only by the word of a server that is well: not under 5xx or 429.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5
 */
export function readTokenAnswer(status: number, answer: unknown, auth: Dialect): TokenOutcome {
  const error = errorIn(answer)
  if (error !== undefined) {
    const isTemporary = temporary.has(error) || status >= 500 || status === 429
    if (!isTemporary && isLost(error, answer, auth)) return { kind: 'refused', error }
    return { kind: isTemporary ? 'unavailable' : 'misconfigured', error }
  }
  if (status >= 500 || status === 429) return { kind: 'unavailable', error: `status ${status}` }
  if (status < 200 || status > 299) return { kind: 'misconfigured', error: `status ${status}` }
  const nested = auth.second && readPointer(answer, auth.second.at)
  const hasSecond = readPointer(nested, '/access_token') !== undefined
  const hasOwn = !hasSecond || readPointer(answer, '/access_token') !== undefined
  const own = hasOwn ? grantIn(answer, answer, auth) : undefined
  const second = hasSecond ? grantIn(nested, answer, { ...auth, extras: undefined }) : undefined
  if ((hasOwn && !own) || (hasSecond && !second))
    return { kind: 'unavailable', error: 'provider_bad_response' }
  if (own) return { kind: 'granted', grant: { ...own, ...(second && { second }) } }
  return second
    ? { kind: 'granted', grant: { ...second, isSecond: true } }
    : { kind: 'unavailable', error: 'provider_bad_response' }
}

type Dialect = Pick<AnyGrant, 'defaultLifetimeSeconds'> & {
  readonly kind?: AnyGrant['kind']
  readonly tokenTypes?: OAuthCode['tokenTypes'] | undefined
  readonly extras?: OAuthCode['extras'] | undefined
  readonly second?: OAuthCode['second'] | undefined
  readonly lost?: Delegation['lost'] | undefined
}

/** Where a key of the operator's is part of the request, only certain words say that it is not the key. */
function isLost(error: string, answer: unknown, { lost: own }: Dialect): boolean {
  if (!own) return lost.has(error)
  const said = readPointer(answer, '/error_description')
  const description = typeof said === 'string' ? said : ''
  if (error === 'invalid_grant') return own.descriptions.some((start) => description.startsWith(start))
  return own.errors.includes(error)
}

/** `undefined` for what is no grant. `whole` is the answer that `value` is in. */
function grantIn(value: unknown, whole: unknown, auth: Dialect): Grant | undefined {
  const parsed = schema.safeParse(value)
  if (!parsed.success) return undefined
  const { access_token: accessToken, token_type: tokenType, refresh_token: refreshToken, scope } = parsed.data
  const types = ['bearer', ...(auth.tokenTypes ?? [])]
  if (!types.includes(tokenType.toLowerCase())) return undefined
  const lifetimeSeconds = secondsIn(parsed.data.expires_in) ?? auth.defaultLifetimeSeconds
  const refreshLifetimeSeconds = refreshSecondsIn(value)
  const hardLifetimeSeconds = secondsIn(readPointer(value, '/x_refresh_token_hard_expires_in'))
  const extras = extrasIn(value, auth.extras)
  return {
    tokens: { accessToken, tokenType, ...(refreshToken && { refreshToken }), ...(extras && { extras }) },
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(refreshLifetimeSeconds !== undefined && { refreshLifetimeSeconds }),
    ...(hardLifetimeSeconds !== undefined && { hardLifetimeSeconds }),
    ...(auth.kind === 'delegated-jwt' && { isRenewable: true }),
    ...(scope && { scopes: scope.split(/[\s,]+/).filter(Boolean) }),
    ...(parsed.data.id_token !== undefined && { idToken: parsed.data.id_token }),
    answer: whole,
  }
}

const errorGrammar = /^[\w .:-]{1,64}$/

/** The error's name; one that is no name is not repeated, as it may hold anything. */
function errorIn(answer: unknown): string | undefined {
  const [error, ok] = [readPointer(answer, '/error'), readPointer(answer, '/ok')]
  const code = typeof error === 'string' ? error : (readPointer(answer, '/error/code') ?? error)
  if (typeof code === 'string' && code !== '') return errorGrammar.test(code) ? code : 'unnamed_error'
  return error !== undefined && error !== null && error !== ''
    ? 'unnamed_error'
    : ok === false
      ? 'not_ok'
      : undefined
}

const tenYears = 315_360_000

/** Seconds of a lifetime; nothing that would make a date that never comes, or one that is over (B071). */
function secondsIn(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\d{1,12}$/.test(text)) return undefined
  const seconds = Number(text)
  return seconds > 0 && seconds <= tenYears ? seconds : undefined
}

/** GitHub's name for it, and Intuit's. */
const refreshSecondsIn = (answer: unknown): number | undefined =>
  secondsIn(
    readPointer(answer, '/refresh_token_expires_in') ?? readPointer(answer, '/x_refresh_token_expires_in'),
  )

function extrasIn(answer: unknown, pointers: OAuthCode['extras']): Tokens['extras'] {
  const found = Object.entries(pointers ?? {}).flatMap(([name, pointer]) => {
    const value = readPointer(answer, pointer)
    const text = typeof value === 'boolean' ? String(value) : value
    return typeof text === 'string' && text !== '' ? [[name, text] as const] : []
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

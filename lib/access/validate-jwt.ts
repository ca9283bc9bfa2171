import { jwtVerify } from 'jose'
import { oidc as limits } from '../config/defaults.ts'
import type { Oidc } from '../config/oidc.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Claims } from './caller.ts'
import { isCompact, keyOf, noKeys } from './find-key.ts'
import type { IssuerKeys } from './issuer-keys.ts'

/** What a token is worth. Why one is invalid is told to nobody: it would help only whoever forges. */
export type JwtVerdict =
  | { readonly kind: 'valid'; readonly claims: Claims }
  | { readonly kind: 'invalid' }
  /** Signed for this API, and without a scope that the config asks for. */
  | { readonly kind: 'insufficient_scope' }
  /** The issuer's keys can't be had, so nobody can say. */
  | { readonly kind: 'unavailable' }

export interface JwtDeps {
  readonly keys: IssuerKeys
  readonly clock: Clock
}

/**
 * Judges a token by the issuer's keys alone: keys and addresses in its own header are not looked at, and its algorithm must
 * be one of the config and of the key. Issuer, audience, expiry, start and type are checked as RFC 9068 asks; a `typ` that is
 * `JWT` or absent is taken too, as most issuers write it so.
 * @see https://www.rfc-editor.org/rfc/rfc8725 (best practices for JWTs)
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export async function validateJwt(token: string, config: Oidc, deps: JwtDeps): Promise<JwtVerdict> {
  if (!isCompact(token)) return { kind: 'invalid' }
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keyOf(deps.keys), {
      algorithms: [...config.algorithms],
      issuer: config.issuer,
      audience: config.audience,
      requiredClaims: ['exp'],
      clockTolerance: limits.clockTolerance / 1_000,
      currentDate: new Date(deps.clock.now()),
    })
    // A token that is bound to a key (RFC 7800) proves nothing when it comes without that key's proof.
    const isPlain = protectedHeader.crit === undefined && payload['cnf'] === undefined
    if (!isPlain || !isAccessType(protectedHeader.typ)) return { kind: 'invalid' }
    const given = scopesOf(payload)
    return config.requiredScopes.every((scope) => given.includes(scope))
      ? { kind: 'valid', claims: payload }
      : { kind: 'insufficient_scope' }
  } catch (error) {
    return { kind: error === noKeys ? 'unavailable' : 'invalid' }
  }
}

/** Types are media types: case does not matter, nor does the prefix. */
const isAccessType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ))

/** `scope` (RFC 8693) or `scp`, which some issuers write as a list. */
const scopesOf = (claims: Claims): readonly string[] =>
  [claims['scope'], claims['scp']]
    .flat()
    .flatMap((value: unknown) => (typeof value === 'string' ? value.split(' ') : []))

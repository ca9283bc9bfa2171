import { jwtVerify } from 'jose'
import { oidc as limits } from '../config/defaults.ts'
import type { Oidc } from '../config/oidc.ts'
import { sameBytes, sha256 } from '../primitives/bytes.ts'
import type { Claims } from './caller.ts'
import { isCompact, keyOf, noKeys } from './find-key.ts'
import type { JwtDeps } from './validate-jwt.ts'

export type IdTokenVerdict =
  | { readonly kind: 'valid'; readonly subject: string; readonly claims: Claims }
  /** Another issuer's, another client's, of another sign-in, out of its time, or forged. */
  | { readonly kind: 'invalid' }
  /** The issuer's keys can't be had, so nobody can say. */
  | { readonly kind: 'unavailable' }

/** What an ID token must be for. */
export interface IdTokenExpected {
  readonly clientId: string
  readonly nonce: string
}

/**
 * Judges the ID token of a sign-in: signature by the issuer's published keys, `iss`, `aud`, `azp`, `exp`, `nbf`, `nonce`. It came
 * by TLS from the token endpoint; its signature is checked all the same.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export async function validateIdToken(
  token: string,
  { clientId, nonce }: IdTokenExpected,
  config: Pick<Oidc, 'issuer' | 'algorithms'>,
  deps: JwtDeps,
): Promise<IdTokenVerdict> {
  if (!isCompact(token)) return { kind: 'invalid' }
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keyOf(deps.keys), {
      algorithms: [...config.algorithms],
      issuer: config.issuer,
      audience: clientId,
      requiredClaims: ['exp', 'iat', 'sub', 'nonce'],
      clockTolerance: limits.clockTolerance / 1_000,
      currentDate: new Date(deps.clock.now()),
    })
    const { sub, azp, aud, nonce: given } = payload
    const isOwn = typeof given === 'string' && sameBytes(sha256(given), sha256(nonce))
    const isParty = azp === undefined ? !Array.isArray(aud) || aud.length === 1 : azp === clientId
    const isSound = protectedHeader.crit === undefined && sub !== undefined && isSubject(sub)
    return isOwn && isParty && isSound
      ? { kind: 'valid', subject: sub, claims: payload }
      : { kind: 'invalid' }
  } catch (error) {
    return { kind: error === noKeys ? 'unavailable' : 'invalid' }
  }
}

/** At most 255 ASCII characters, says OpenID Connect. */
const isSubject = (sub: string): boolean => /^[\u0020-\u007e]{1,255}$/.test(sub)

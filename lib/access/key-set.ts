import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import type { JwtAlgorithm } from '../config/oidc.ts'

/** Finds the one key for a token's header; throws where there is none, or more than one. */
export type KeySet = JWTVerifyGetKey

/**
 * The public signing keys of a JWK set, each for exactly one algorithm: the one it names, else the first of `algorithms`
 * that its type fits. So no token chooses how a key is used. Private and symmetric keys, those for encryption and those of
 * other algorithms are left out.
 * @returns `undefined` for what is no JWK set
 * @see https://www.rfc-editor.org/rfc/rfc7517
 */
export function keySetOf(document: unknown, algorithms: readonly JwtAlgorithm[]): KeySet | undefined {
  const listed = (document as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) return undefined
  const keys = listed.filter(isObject).flatMap((jwk) => usable(jwk, algorithms) ?? [])
  return createLocalJWKSet({ keys })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function usable(
  jwk: Readonly<Record<string, unknown>>,
  algorithms: readonly JwtAlgorithm[],
): JWK | undefined {
  const { kty, kid, alg, use, key_ops: operations, crv, n, e, x, y } = jwk
  if ('d' in jwk || 'k' in jwk || 'priv' in jwk) return undefined
  const isForSigning = use === undefined || use === 'sig'
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
  const only = algorithms.find((each) => fits(each, kty, crv) && (alg === undefined || alg === each))
  if (!isForSigning || !mayVerify || !only) return undefined
  // What else an issuer writes beside a key, certificates above all, is nothing to go by.
  const known = Object.entries({ kty, kid, crv, n, e, x, y }).filter(([, value]) => typeof value === 'string')
  return { ...(Object.fromEntries(known) as { kty: string }), alg: only, use: 'sig' }
}

const curves: Readonly<Partial<Record<JwtAlgorithm, string>>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
}

function fits(algorithm: JwtAlgorithm, kty: unknown, crv: unknown): boolean {
  const curve = curves[algorithm]
  if (curve === undefined) return kty === 'RSA'
  return crv === curve && kty === (algorithm.startsWith('ES') ? 'EC' : 'OKP')
}

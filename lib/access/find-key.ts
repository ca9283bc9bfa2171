import { errors, type JWTVerifyGetKey } from 'jose'
import { oidc as limits } from '../config/defaults.ts'
import type { IssuerKeys } from './issuer-keys.ts'

/** Thrown where the issuer's keys can't be had. */
export const noKeys = new Error('no keys')

/** Asks for newer keys only where none of those at hand is meant. */
export const keyOf =
  (keys: IssuerKeys): JWTVerifyGetKey =>
  async (header, jws) => {
    const known = await keys.current()
    if (!known) throw noKeys
    try {
      return await known(header, jws)
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await keys.newer() : undefined
      if (!newer) throw error
      return newer(header, jws)
    }
  }

const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)$/

/** Of a length that a header can have, and with the one spelling of its signature: base64url has spare bits at its end. */
export function isCompact(token: string): boolean {
  if (token.length > limits.maxTokenBytes) return false
  const [, signature] = compact.exec(token) ?? []
  return signature !== undefined && Buffer.from(signature, 'base64url').toString('base64url') === signature
}

import { sameBytes, sha256 } from '../../primitives/bytes.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { BasicScheme, TokenScheme } from '../../providers/scheme.ts'
import type { Delivery } from '../delivery.ts'
import { refused, valid, type Verdict } from '../verdict.ts'

/** The secret itself, in a header. Compared by their hashes, so that the time says neither length nor content. */
export function verifyToken(scheme: TokenScheme, delivery: Delivery, secrets: readonly Secret[]): Verdict {
  const usable = secrets.map((secret) => secret.reveal()).filter((text) => text.trim() !== '')
  if (usable.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header(scheme.header)
  if (!header) return refused('signature_missing')
  const { prefix = '' } = scheme
  if (!header.startsWith(prefix)) return refused('signature_malformed')
  const offered = sha256(header.slice(prefix.length))
  return usable.some((text) => sameBytes(sha256(text), offered)) ? valid : refused('signature_mismatch')
}

/**
 * `Authorization: Basic`, the secret being `user:password`.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function verifyBasic(_scheme: BasicScheme, delivery: Delivery, secrets: readonly Secret[]): Verdict {
  const usable = secrets.map((secret) => secret.reveal()).filter((text) => /^[^:]+:.+$/s.test(text))
  if (usable.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header('authorization')
  if (!header) return refused('signature_missing')
  if (!header.startsWith('Basic ')) return refused('signature_malformed')
  const offered = sha256(header.slice('Basic '.length))
  return usable.some((text) => sameBytes(expected(text), offered)) ? valid : refused('signature_mismatch')
}

const expected = (text: string): Buffer => sha256(Buffer.from(text, 'utf8').toString('base64'))

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { fromHex, sameBytes } from '../../primitives/bytes.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { HmacScheme } from '../../providers/scheme.ts'
import { decodeDigest } from './signature.ts'
import { eachSignedPart, type SignedValues } from './template.ts'

const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const

type KeyForm = HmacScheme['key']

/** A key object made once: `createHmac` takes four times as long with the key as bytes. */
const made: Record<KeyForm['encoding'], WeakMap<Secret, KeyObject>> = {
  utf8: new WeakMap(),
  base64: new WeakMap(),
  hex: new WeakMap(),
}

/** The HMAC key that a configured secret stands for; `undefined` when it can't be one (blank, or not base64). */
export function hmacKey(secret: Secret, form: KeyForm): KeyObject | undefined {
  const known = made[form.encoding].get(secret)
  if (known) return known
  const bytes = keyBytes(secret.reveal(), form)
  if (!bytes || bytes.byteLength === 0) return undefined
  const key = createSecretKey(bytes)
  made[form.encoding].set(secret, key)
  return key
}

function keyBytes(text: string, { encoding, prefix = '' }: KeyForm): Buffer | undefined {
  if (text.trim() === '') return undefined
  // `whpk_…` is a public key: taken for a secret, it would let everyone sign.
  if (prefix && !text.startsWith(prefix) && /^[a-z]{2,8}_/.test(text)) return undefined
  const own = text.startsWith(prefix) ? text.slice(prefix.length) : text
  return keyDecoders[encoding](own)
}

const keyDecoders = {
  utf8: (text: string): Buffer => Buffer.from(text, 'utf8'),
  base64: lenientBase64,
  hex: (text: string): Buffer | undefined => fromHex(text.toLowerCase()),
}

/** Secrets come from the operator, so padding may be left out; anything that is not base64 still refuses. */
function lenientBase64(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

/**
 * The digest over the scheme's template. The body goes in as it is, never copied into a larger string.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export function hmacDigest(
  scheme: HmacScheme,
  key: KeyObject,
  values: SignedValues,
  body: Uint8Array,
): Buffer {
  const hmac = createHmac(scheme.algorithm, key)
  eachSignedPart(scheme.signed, values, body, (part) => hmac.update(part))
  return hmac.digest()
}

/** Whether one of the offered digests is the one that one of the keys makes. Signatures that are not digests are passed over. */
export function anyMatches(
  scheme: HmacScheme,
  keys: readonly KeyObject[],
  offered: readonly string[],
  expected: (key: KeyObject) => Buffer,
): boolean {
  const digests = offered.flatMap(
    (text) => decodeDigest(text, scheme.signature.encoding, digestBytes[scheme.algorithm]) ?? [],
  )
  if (digests.length === 0) return false
  return keys.some((key) => {
    const own = expected(key)
    return digests.some((digest) => sameBytes(digest, own))
  })
}

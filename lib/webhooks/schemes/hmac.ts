import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { fromHex, sameBytes } from '../../primitives/bytes.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { HmacScheme } from '../../providers/scheme.ts'
import { eachSignedPart, type SignedValues } from './template.ts'

/** How long a digest is when it is written out. */
const digestChars = {
  hex: { sha1: 40, sha256: 64, sha512: 128 },
  base64: { sha1: 28, sha256: 44, sha512: 88 },
  base64url: { sha1: 27, sha256: 43, sha512: 86 },
} as const

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

/** Those of `secrets` that can be a key. */
export function hmacKeys(secrets: readonly Secret[], form: KeyForm): readonly KeyObject[] {
  const keys: KeyObject[] = []
  for (const secret of secrets) {
    const key = hmacKey(secret, form)
    if (key) keys.push(key)
  }
  return keys
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
 * The digest over the scheme's template, in its encoding: asking for text is a quarter faster than for bytes. The body goes in as it is, never copied into a larger string.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export function hmacDigest(
  scheme: HmacScheme,
  key: KeyObject,
  values: SignedValues,
  body: Uint8Array,
): string {
  const hmac = createHmac(scheme.algorithm, key)
  eachSignedPart(scheme.signed, values, body, (part) => hmac.update(part))
  return hmac.digest(scheme.signature.encoding)
}

/**
 * Whether one of the offered texts is the digest that one of the keys makes. Compared as text: the digest's own spelling is
 * the canonical one, so no other spelling of the same bytes can equal it.
 */
export function anyMatches(
  scheme: HmacScheme,
  keys: readonly KeyObject[],
  offered: readonly string[],
  expected: (key: KeyObject) => string,
): boolean {
  const length = digestChars[scheme.signature.encoding][scheme.algorithm]
  const possible: Buffer[] = []
  for (const text of offered) if (text.length === length) possible.push(Buffer.from(text))
  if (possible.length === 0) return false
  for (const key of keys) {
    const own = Buffer.from(expected(key))
    for (const text of possible) if (sameBytes(text, own)) return true
  }
  return false
}

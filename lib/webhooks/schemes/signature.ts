import type { HmacScheme, SignatureFormat } from '../../providers/scheme.ts'
import { fromBase64, fromHex } from '../../primitives/bytes.ts'

/** Signatures beyond the tenth of one header are not looked at: a rotation needs two. */
const maxSignatures = 10

/** The digests that a signature header offers, as text. Empty where it does not follow the format to the letter. */
export function offeredSignatures(header: string, format: SignatureFormat): readonly string[] {
  switch (format.kind) {
    case 'plain': {
      const { prefix = '' } = format
      return header.startsWith(prefix) ? [header.slice(prefix.length)] : []
    }
    case 'pairs':
      return pairValues(header, format.separator, format.key)
    case 'list':
      return items(header, format.separator)
        .filter((item) => item.startsWith(format.prefix))
        .slice(0, maxSignatures)
        .map((item) => item.slice(format.prefix.length))
  }
}

/** The values under `key` in a header of `name=value` pairs, in order. None where a member is no pair, as when a gateway has joined two headers. */
export function pairValues(header: string, separator: string, key: string): readonly string[] {
  const start = `${key}=`
  const pairs = items(header, separator)
  if (!pairs.every((pair) => /^\w+=/.test(pair))) return []
  return pairs
    .filter((item) => item.startsWith(start))
    .slice(0, maxSignatures)
    .map((item) => item.slice(start.length))
}

/** Splits at most far enough for ten signatures among other members; what follows is never looked at. */
const items = (header: string, separator: string): string[] => header.split(separator, 4 * maxSignatures)

/**
 * The digest as bytes; `undefined` unless the text is the canonical encoding of exactly `lengthBytes` bytes. `Buffer.from`
 * alone stops silently at the first foreign character, and two empty digests would compare equal.
 */
export function decodeDigest(
  text: string,
  encoding: HmacScheme['signature']['encoding'],
  lengthBytes: number,
): Buffer | undefined {
  const bytes = decoders[encoding](text)
  return bytes?.byteLength === lengthBytes ? bytes : undefined
}

const decoders = {
  hex: fromHex,
  base64: fromBase64,
  base64url: (text: string) => {
    const bytes = Buffer.from(text, 'base64url')
    return bytes.toString('base64url') === text ? bytes : undefined
  },
}

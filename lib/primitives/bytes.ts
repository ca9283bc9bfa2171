import { createHash, hash as hashOnce, timingSafeEqual } from 'node:crypto'

const encoder = new TextEncoder()

const utf8 = (text: string): Uint8Array => encoder.encode(text)
export const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()
export const sha256Hex = (data: Uint8Array | string): string => hashOnce('sha256', data, 'hex')
export const toBase64 = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')

const base64Grammar = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const hexGrammar = /^(?:[0-9a-f]{2})*$/

/** RFC 4648 §4 with padding and nothing else; `undefined` where `Buffer.from` would guess (junk, base64url, missing padding, set trailing bits). */
export function fromBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !base64Grammar.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return text.endsWith('=') && bytes.toString('base64') !== text ? undefined : bytes
}

/** Lower-case hex and nothing else; `undefined` where `Buffer.from` would stop silently. */
export const fromHex = (text: string): Buffer | undefined =>
  hexGrammar.test(text) ? Buffer.from(text, 'hex') : undefined

/** Compares in time that depends on the lengths alone; an empty digest equals nothing, not even another empty one. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength > 0 && a.byteLength === b.byteLength && timingSafeEqual(a, b)

/** A hash that is injective on its tuple: every part goes in with its length, so ("ab","c") and ("a","bc") differ. */
export function hashTuple(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? utf8(part) : part
    hash.update(`${bytes.byteLength}:`).update(bytes)
  }
  return hash.digest()
}

import { isUtf8 } from 'node:buffer'
import { toBase64 } from '../primitives/bytes.ts'
import type { ToResult } from './gateway.ts'

/** Text of this length fits Lambda's 6 MB even where every character needs six to be escaped. */
const plainBytes = 524_288

/** The body byte for byte: short text as it is, everything else as base64. */
export const bytesResult: ToResult = async (response) => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const isBase64Encoded = bytes.byteLength > plainBytes || !isUtf8(bytes)
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'))
  return {
    statusCode: response.status,
    headers,
    body: isBase64Encoded ? toBase64(bytes) : Buffer.from(bytes).toString(),
    isBase64Encoded,
  }
}

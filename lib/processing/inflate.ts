import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { maxInflatedBytes } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'

type Inflater = (body: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array

const inflaters = new Map<string, Inflater>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])

/**
 * The body without its `Content-Encoding`; unchanged when there is none, or none that we know.
 * @throws SluiceError `PAYLOAD_TOO_LARGE` when it would inflate beyond the limit, `PAYLOAD_CORRUPT` when it can't be inflated.
 */
export function inflate(body: Uint8Array, contentEncoding: string | undefined): Uint8Array {
  const inflater = inflaters.get(contentEncoding?.trim().toLowerCase() ?? '')
  if (!inflater) return body
  try {
    return inflater(body, { maxOutputLength: maxInflatedBytes })
  } catch (cause) {
    const code = (cause as { readonly code?: string }).code
    throw code === 'ERR_BUFFER_TOO_LARGE'
      ? new SluiceError('PAYLOAD_TOO_LARGE', `the body inflates to more than ${maxInflatedBytes} bytes`)
      : new SluiceError('PAYLOAD_CORRUPT', 'the body is not in the encoding that its header names', { cause })
  }
}

import { isUtf8 } from 'node:buffer'
import { readPointer } from '../primitives/json-pointer.ts'
import type { WebhookDeclaration } from '../providers/provider.ts'

/** What the envelope's facts are read from. The bytes themselves are never changed or re-encoded. */
export type ParsedBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'form'; readonly fields: URLSearchParams }
  /** Bytes that say nothing to us: compressed, or of an endpoint that takes anything. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'not_json' }

/**
 * Reads a verified body as far as its declaration asks. JSON may start with a byte order mark, as some senders write it.
 * A compressed body is left closed: only the worker inflates, with a limit.
 */
export function parseBody(
  body: Uint8Array,
  declaration: WebhookDeclaration,
  headers: { readonly contentType?: string | undefined; readonly contentEncoding?: string | undefined },
): ParsedBody {
  if (isEncoded(headers.contentEncoding)) return { kind: 'opaque' }
  const text = decode(body, headers.contentType)
  if (declaration.body === 'json-or-form' && isForm(headers.contentType, text)) {
    return { kind: 'form', fields: new URLSearchParams(text) }
  }
  const value = parseJson(text)
  if (value !== undefined) return { kind: 'json', value }
  return { kind: declaration.body === 'raw' ? 'opaque' : 'not_json' }
}

/** Whether two bodies that differ in bytes can still read as the same text. */
export const isAmbiguousText = (body: Uint8Array): boolean => !isUtf8(body)

/** The value at `pointer`, of the document or of the JSON inside a form field. */
export function valueIn(
  body: ParsedBody,
  source: { pointer: string } | { form: string; pointer?: string },
): unknown {
  if (!('form' in source)) return body.kind === 'json' ? readPointer(body.value, source.pointer) : undefined
  if (body.kind !== 'form') return undefined
  const field = body.fields.get(source.form) ?? undefined
  if (source.pointer === undefined || field === undefined) return field
  return readPointer(parseJson(field), source.pointer)
}

const isEncoded = (contentEncoding: string | undefined): boolean =>
  contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity'

/** A body that says nothing of its type is a form when it is spelt like one; no JSON text is. */
const isForm = (contentType: string | undefined, text: string): boolean =>
  contentType === undefined
    ? /^[\w.*+%-]+=[^\s<>"{}]*$/.test(text)
    : /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType)

/** By the charset that the sender names where it is a known one, else UTF-8. Drops a byte order mark. */
function decode(body: Uint8Array, contentType = ''): string {
  const charset = /;\s*charset="?([A-Za-z0-9_.:-]{1,40})"?/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return new TextDecoder().decode(body)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

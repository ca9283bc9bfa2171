import { isUtf8 } from 'node:buffer'
import { readPointer } from '../primitives/json-pointer.ts'
import { wrappedText } from '../primitives/wrapped.ts'
import type { ValueSource, WebhookDeclaration } from '../providers/provider.ts'

/** What the envelope's facts are read from. The bytes themselves are never changed or re-encoded. */
export type ParsedBody =
  /** `inner`: what the document wraps, where its declaration says so. `outer`: what an element of a batch stands in. */
  | { readonly kind: 'json'; readonly value: unknown; readonly inner?: unknown; readonly outer?: unknown }
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
  if (value !== undefined) {
    const inner = declaration.wrapped && parseJson(wrappedText(value, declaration.wrapped) ?? '')
    return { kind: 'json', value, inner }
  }
  return { kind: declaration.body === 'raw' ? 'opaque' : 'not_json' }
}

/** Whether two bodies that differ in bytes can still read as the same text. */
export const isAmbiguousText = (body: Uint8Array): boolean => !isUtf8(body)

/** The value at a source that is no header. */
export function valueIn(
  body: ParsedBody,
  source: Exclude<ValueSource, { readonly header: string }>,
): unknown {
  if ('form' in source) return formValue(body, source)
  if (body.kind !== 'json') return undefined
  if ('inside' in source) return readPointer(body.inner, source.inside)
  if ('outer' in source) return readPointer(body.outer, source.outer)
  const value = readPointer(body.value, source.pointer)
  return source.decode === 'form' && typeof value === 'string' ? formDecoded(value) : value
}

/** A form's field, or the value at `pointer` of the JSON in it. */
function formValue(
  body: ParsedBody,
  { form, pointer }: { readonly form: string; readonly pointer?: string },
): unknown {
  if (body.kind !== 'form') return undefined
  const field = body.fields.get(form) ?? undefined
  return pointer === undefined || field === undefined ? field : readPointer(parseJson(field), pointer)
}

const formDecoded = (text: string): string | undefined =>
  new URLSearchParams(`v=${text}`).get('v') ?? undefined

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

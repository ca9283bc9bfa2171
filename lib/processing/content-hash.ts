import { isUtf8 } from 'node:buffer'
import { inlineBytes, isStored, type Envelope } from '../buffer/envelope.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import { readPointer } from '../primitives/json-pointer.ts'

/**
 * What tells two contents under one key apart. The hash of the bytes, unless the provider names parts of its JSON that
 * differ between two deliveries of the same event: then the hash of the JSON without them.
 */
export function contentHash(envelope: Envelope, volatile: readonly string[] = []): string {
  const { body } = envelope
  if (volatile.length === 0 || isStored(body)) return body.sha256
  try {
    const bytes = inlineBytes(body)
    // Bytes that are no text would all become the same replacement character.
    if (!isUtf8(bytes)) return body.sha256
    const document = parse(bytes.toString('utf8'))
    for (const pointer of volatile) remove(document, pointer)
    return sha256Hex(JSON.stringify(document))
  } catch {
    // Not JSON, damaged, or nested too deep to be written again: the bytes themselves decide.
    return body.sha256
  }
}

/** Up to fifteen digits without an exponent, two numbers that differ stay different as doubles. */
const mayLoseDigits = /[\d.]{16}|\d[eE]/

/** JSON in which numbers that a double can't tell apart stay apart: they are read as the text that they are. */
function parse(text: string): unknown {
  return mayLoseDigits.test(text) ? JSON.parse(text, asWritten as typeof plain) : JSON.parse(text)
}

const plain = (_key: string, value: unknown): unknown => value

/** @see https://github.com/tc39/proposal-json-parse-with-source */
const asWritten = (_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown =>
  typeof value === 'number' ? rawJson(source) : value

const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

function remove(document: unknown, pointer: string): void {
  const end = pointer.lastIndexOf('/')
  const parent = readPointer(document, pointer.slice(0, end))
  if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, pointer.slice(end + 1))
}

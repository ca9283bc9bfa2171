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
    const document: unknown = JSON.parse(inlineBytes(body).toString('utf8'))
    for (const pointer of volatile) remove(document, pointer)
    return sha256Hex(JSON.stringify(document))
  } catch {
    // Not JSON, damaged, or nested too deep to be written again: the bytes themselves decide.
    return body.sha256
  }
}

function remove(document: unknown, pointer: string): void {
  const end = pointer.lastIndexOf('/')
  const parent = readPointer(document, pointer.slice(0, end))
  if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, pointer.slice(end + 1))
}

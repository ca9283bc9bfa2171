/**
 * The value at an RFC 6901 pointer, `undefined` where it leads nowhere. Own properties only, so that no name in a
 * document reaches a prototype.
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function readPointer(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let value = document
  for (const escaped of pointer.slice(1).split('/')) {
    const segment = unescape(escaped)
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[segment]
  }
  return value
}

/** `~1` is a slash, `~0` a tilde; in this order, so that `~01` stays `~1`. */
const unescape = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

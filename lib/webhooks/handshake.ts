import type { Handshake } from '../providers/provider.ts'
import { valueIn, type ParsedBody } from '../facts/body.ts'

const maxEchoChars = 256

export type HandshakeRequest =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'visit'; readonly url: string }

/** What this verified body asks for; `undefined` for every delivery that is no handshake, or none that can be answered. */
export function handshakeIn(
  handshake: Handshake | undefined,
  body: ParsedBody,
): HandshakeRequest | undefined {
  if (!handshake || valueIn(body, handshake.when) !== handshake.when.equals) return undefined
  if ('visit' in handshake) {
    const url = valueIn(body, { pointer: handshake.visit })
    const isOwn = typeof url === 'string' && new RegExp(`^(?:${handshake.only})$`).test(url)
    return isOwn ? { kind: 'visit', url } : undefined
  }
  const text = valueIn(body, { pointer: handshake.echo })
  return typeof text === 'string' && text.length <= maxEchoChars ? { kind: 'echo', text } : undefined
}

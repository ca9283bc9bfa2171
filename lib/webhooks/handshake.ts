import type { Handshake } from '../providers/provider.ts'
import { valueIn, type ParsedBody } from './body.ts'

const maxEchoChars = 256

/** The text to echo when this verified body asks for a handshake; `undefined` for every other delivery. */
export function handshakeEcho(handshake: Handshake | undefined, body: ParsedBody): string | undefined {
  if (!handshake || valueIn(body, handshake.when) !== handshake.when.equals) return undefined
  const echo = valueIn(body, { pointer: handshake.echo })
  return typeof echo === 'string' && echo.length <= maxEchoChars ? echo : undefined
}

import { ApiError } from '../errors/api-error.ts'
import type { Fault } from '../providers/api.ts'
import type { SessionEnd } from './socket-session.ts'

/** Codes after which the same connection would end in the same way. @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const closeMeanings: Readonly<Record<number, Fault | 'end'>> = {
  1003: 'invalid',
  1007: 'invalid',
  1008: 'forbidden',
  1009: 'invalid',
  1010: 'invalid',
}

/** What the end of a connection means: a failed call, or that the stream is at its end. */
export function meaningOf(
  provider: string,
  ended: SessionEnd,
  closeMeans: Readonly<Record<number, Fault | 'end'>> = {},
): ApiError | 'end' {
  if (!ended.opened || ended.kind === 'silent') {
    const detail = ended.opened ? 'the socket fell silent' : 'the socket did not open'
    return new ApiError({ provider, status: 0, kind: 'unreachable', detail })
  }
  const kind = closeMeans[ended.code] ?? closeMeanings[ended.code] ?? 'unavailable'
  // The handshake was answered; the code came afterwards.
  const facts = { provider, status: 101, code: `close-${ended.code}`, detail: ended.reason }
  return kind === 'end' ? kind : new ApiError({ ...facts, kind })
}

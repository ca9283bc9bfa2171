import type { Ack } from '../providers/provider.ts'
import type { Read } from '../facts/identity.ts'

/** What the sender gets to hear: a status, and a JSON object where it wants one. */
export interface Answer {
  readonly status: 200 | 202 | 204
  readonly json?: Readonly<Record<string, string>>
}

const usual: Ack = { status: 202, body: 'json' }

/** The provider's own acknowledgement, else 202 with the event's id; without an id, an empty 200. */
export function answerOf(ack: Ack = usual, id: string | undefined, read: Read): Answer {
  const { status, body } = ack
  if (body === 'empty') return { status }
  if (body === 'json')
    return id === undefined ? { status: 200 } : { status, json: { id, status: 'accepted' } }
  const fields = Object.entries(body.fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : (read(value) ?? ''),
  ])
  return { status, json: Object.fromEntries(fields) as Record<string, string> }
}

import type { PollId } from './poll-state.ts'

/** A poll as addresses and people name it: `conn_…:events`, `conn_…:messages?channel=C1`. */
export const pollName = ({ connection, stream }: PollId): string => `${connection}:${stream}`

const grammar = /^(conn_[A-Za-z0-9_-]{32}):([^#\p{Cc}]{1,512})$/u

/** `undefined` for what names none. */
export function pollIdOf(name: string): PollId | undefined {
  const [, connection, stream] = grammar.exec(name) ?? []
  return connection === undefined || stream === undefined ? undefined : { connection, stream }
}

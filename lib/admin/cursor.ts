import { positionGrammar } from '../idempotency/history.ts'
import { rowGrammar } from './audit.ts'
import { epochMs, hours, isPast, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { seal, unseal } from './sealed.ts'

/** Where a list goes on, and the window it was begun with, so that its end does not move while it is read. */
export interface Cursor {
  readonly after: string
  readonly since: EpochMs
  readonly until: EpochMs
}

const lifetime = hours(24)
const grammar = /^(\d{13}(?:#[A-Za-z0-9_-]{22,36})?) (\d{13}) (\d{13}) (\d{13})$/

/** @param list the list and everything it is narrowed by: a cursor of one list is none of another */
export const writeCursor = (
  { after, since, until }: Cursor,
  list: string,
  token: Secret,
  clock: Clock,
): string => seal(token, 'cursor', [after, since, until, later(clock.now(), lifetime)].join(' '), list)

/** `undefined` for a cursor that was edited, has expired, or belongs to another list. */
export function readCursor(text: string, list: string, token: Secret, clock: Clock): Cursor | undefined {
  const [, after = '', since, until, expiry] = grammar.exec(unseal(token, 'cursor', text, list) ?? '') ?? []
  if (expiry === undefined || isPast(epochMs(Number(expiry)), clock.now())) return undefined
  if (after.length > 13 && !positionGrammar.test(after) && !rowGrammar.test(after)) return undefined
  return { after, since: epochMs(Number(since)), until: epochMs(Number(until)) }
}

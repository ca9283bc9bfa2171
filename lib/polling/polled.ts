import { ms } from '../primitives/clock.ts'
import type { PollList } from '../providers/poll-list.ts'
import type { Stream } from './declared.ts'
import type { Words } from './identity.ts'
import type { ReadPage } from './read-list.ts'
import type { ListingFrom, ListedPage } from './listing.ts'

/** A stream that is read, and its words. */
export interface Polled {
  readonly stream: Stream
  readonly words: Words
}

/** Counts keys that are alike: 0, 1, … */
export function counter(): (key: string) => number {
  const seen = new Map<string, number>()
  return (key) => {
    const nth = seen.get(key) ?? 0
    seen.set(key, nth + 1)
    return nth
  }
}

/** What asks for nothing where nothing changed. */
export const conditionsOf = (
  { conditional }: PollList,
  { etag, lastModified }: ListingFrom,
): Readonly<Record<string, string>> =>
  conditional
    ? {
        ...(etag !== undefined && { 'if-none-match': etag }),
        ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
      }
    : {}

const longestValidator = 512

/**
 * What an answer's fields say of the next poll. Validators are kept of a list of one page alone: of a longer one the first page
 * may be the same while the others are not.
 */
export function metaOf(
  { answer, total }: ReadPage,
  { conditional }: PollList,
  isOnly: boolean,
): Pick<ListedPage, 'etag' | 'lastModified' | 'pollIntervalMs' | 'total'> {
  const short = (name: string) => {
    const value = conditional && isOnly ? answer.headers.get(name) : null
    return value !== null && value !== '' && value.length <= longestValidator ? value : undefined
  }
  const etag = short('etag')
  const lastModified = short('last-modified')
  const seconds = /^\d{1,6}$/.exec(answer.headers.get('x-poll-interval') ?? '')?.[0]
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
    ...(total !== undefined && { total }),
    ...(seconds !== undefined && { pollIntervalMs: ms(Number(seconds) * 1_000) }),
  }
}

import { epochMs, iso, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { PollDeclaration } from '../providers/polls.ts'
import type { Axis, Mark } from './axis.ts'
import { timeOf } from './times.ts'
import { stopAt } from './place.ts'
import type { ReadPage } from './read-list.ts'
import type { ListedPage, ListingFrom } from './listing.ts'

/** How far a reading along an axis is: plain JSON, kept in its place between two slices. */
export interface Reading {
  /** The window that is read, and where the last one ends. */
  readonly since: number
  readonly until: number
  readonly end: number
  /** The limit of the axis when the reading began: what comes later, while it waits for its next slice, moves no watermark. */
  readonly limit?: number
  /** The items came in the order that the declaration says. */
  readonly ordered: boolean
  readonly largest?: Mark
  /** Where the last item was. */
  readonly last?: number
  /** Up to when an answer said that it is complete. */
  readonly proven?: EpochMs
}

export function begun({ begin: { since, end, mark }, maxWindow = Infinity, limit }: Axis): Reading {
  const until = Math.min(end, since + maxWindow)
  return { since, until, end, limit, ordered: true, ...(mark && { largest: mark }) }
}

const limitOf = (reading: Reading, axis: Axis): number => Math.min(axis.limit, reading.limit ?? axis.limit)

/** The reading that an unfinished one left; `undefined` where none is, or it is of no known form. */
export function leftBy({ place }: ListingFrom): Reading | undefined {
  const reading = stopAt(place)?.state as Partial<Reading> | undefined
  const isReading =
    reading !== undefined && [reading.since, reading.until, reading.end].every(Number.isSafeInteger)
  return isReading ? (reading as Reading) : undefined
}

/** What a page adds to what is known. */
export function noted(reading: Reading, page: ReadPage, axis: Axis, { progress }: PollDeclaration): Reading {
  let { largest, last, ordered, proven } = reading
  const limit = limitOf(reading, axis)
  for (const { item } of page.items) {
    const mark = axis.markOf(item)
    if (!mark) continue
    if (last !== undefined && mark.position < last) ordered = false
    last = mark.position
    if (mark.position <= limit && (!largest || mark.position > largest.position)) largest = mark
  }
  if (progress.kind === 'time') proven ??= provenBy(page, progress.proven)
  return {
    ...reading,
    ordered,
    ...(largest && { largest }),
    ...(last !== undefined && { last }),
    ...(proven !== undefined && { proven }),
  }
}

type Proof = Extract<PollDeclaration['progress'], { kind: 'time' }>['proven']

function provenBy({ body, answer }: ReadPage, proof: Proof): EpochMs | undefined {
  if (!proof) return undefined
  const text = 'header' in proof ? answer.headers.get(proof.header) : readPointer(body, proof.pointer)
  if (typeof text !== 'string') return undefined
  return timeOf(text, 'iso') ?? timeOf(text, 'rfc2822')
}

/** How far the provider's time has come once the whole window is queued. */
export function reached(reading: Reading, axis: Axis, lagMs = 0): ListedPage['largest'] {
  const { largest, proven, until } = reading
  const at = proven === undefined ? undefined : Math.min(proven - lagMs, until, limitOf(reading, axis))
  if (at !== undefined && (!largest || at > largest.at)) return { text: iso(epochMs(at)), at: epochMs(at) }
  return largest && { text: largest.text, at: largest.at }
}

/** The window after this one; `undefined` where it was the last. */
export function nextWindow(reading: Reading, { maxWindow = Infinity }: Axis): Reading | undefined {
  const { until, end } = reading
  if (until >= end) return undefined
  const { last: _last, ...kept } = reading
  return { ...kept, since: until, until: Math.min(end, until + maxWindow), ordered: true }
}

/** The same window from the last item on, where that is further; what is at its time comes again. */
export function anew(reading: Reading, { grain }: Axis): Reading | undefined {
  const { last, ordered, since } = reading
  if (last === undefined || !ordered || last - grain <= since) return undefined
  const { last: _last, ...kept } = reading
  return { ...kept, since: last - grain }
}

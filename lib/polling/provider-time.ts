import { epochMs, type EpochMs } from '../primitives/clock.ts'
import type { ProviderTime } from './poll-state.ts'

/** How a provider writes a time: ISO 8601, a day of it, seconds, milliseconds. */
export type TimeFormat = 'iso' | 'date' | 's' | 'ms'

/** The last instant that a `Date` can hold. */
const latest = 8_640_000_000_000_000

/**
 * Reads a provider's time, rounded down to a millisecond: nanoseconds are cut off, never rounded up. A time without a zone is
 * taken as UTC. `undefined` for what is no such time: 12-hour clocks, `0000-00-00`, a thirteenth month, other languages.
 */
export function readTime(value: unknown, format: TimeFormat): ProviderTime | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.length > 64) return undefined
  const at = format === 'iso' || format === 'date' ? isoTime(text) : digits(text, format === 's' ? 1_000 : 1)
  return at === undefined || at < 0 || at > latest ? undefined : { text, at: epochMs(at) }
}

function digits(text: string, factor: number): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,16})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  // Digits and not a double's product: 1.001 s are 1001 ms.
  const parts = factor === 1 ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  return Number(whole) * factor + parts
}

const grammar =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?(Z|UTC|[+-]\d\d:?\d\d)?)?$/i

/** RFC 3339 and its looser relatives: a blank for the `T`, no seconds, no zone, any number of digits after the point. */
function isoTime(text: string): number | undefined {
  const match = grammar.exec(text.trim())
  if (!match) return undefined
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    zone = 'Z',
  ] = match
  const millis = fraction.slice(0, 3).padEnd(3, '0')
  // A leap second is read as the last millisecond before it: not above what it is.
  const [seconds, thousandths] = second === '60' ? ['59', '999'] : [second, millis]
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(-2)}` : 'Z'
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${seconds}.${thousandths}${offset}`)
  return Number.isNaN(at) || !isDay(year, month, day) ? undefined : at
}

/** Other than `Date`, no 30 February. */
function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return Number(year) > 0 && date.getUTCDate() === Number(day)
}

/** The later of two; where they are the same instant, the first. */
export const laterOf = (a: ProviderTime | undefined, b: ProviderTime | undefined): ProviderTime | undefined =>
  a && b ? (b.at > a.at ? b : a) : (a ?? b)

/** `undefined` for what is above `limit`: a time that nobody can have written yet says nothing. */
export const unlessAbove = (time: ProviderTime | undefined, limit: EpochMs): ProviderTime | undefined =>
  time && time.at <= limit ? time : undefined

import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, iso, toSeconds, type EpochMs } from '../primitives/clock.ts'
import type { PollTime, TimeFormat } from '../providers/poll-list.ts'

/** A time as its provider wrote it, and the millisecond that it is in. */
export interface ProviderTime {
  readonly text: string
  readonly at: EpochMs
}

/** The first instant after what four digits of a year can say. */
const latest = 253_402_300_800_000

/**
 * When `text` says, cut to the millisecond and never rounded up; `undefined` for what is no time that there is. Without a zone it
 * is UTC: a watermark goes back to its provider as the same text, so that only differences count.
 */
export function timeOf(text: string | undefined, unit: PollTime['unit']): EpochMs | undefined {
  const value = text === undefined || text.length > 64 ? undefined : readers[unit](text)
  return value === undefined || !(value >= 0 && value < latest) ? undefined : epochMs(Math.floor(value))
}

type Reader = (text: string) => number | undefined

const number: Reader = (text) => (/^\d{1,15}(?:\.\d{1,30})?$/.test(text) ? Number(text) : undefined)

/** Digits, so that what a double would round up stays below. */
function secondsOf(text: string): number | undefined {
  const parts = /^(\d{1,12})(?:\.(\d{1,30}))?$/.exec(text)
  return parts ? Number(parts[1]) * 1_000 + thousandths(parts[2]) : undefined
}

const thousandths = (fraction = ''): number => Number(fraction.slice(0, 3).padEnd(3, '0'))

const isoGrammar =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?)?\s?(?:Z|([+-])(\d\d):?(\d\d)?)?$/i

function isoOf(text: string): number | undefined {
  const parts = isoGrammar.exec(text)
  if (!parts) return undefined
  const [, day = '', hour = '00', minute = '00', second = '00', fraction, sign, zoneHour = '0', zoneMinute] =
    parts
  const start = dayOf(day)
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  // A leap second is the last one of its minute.
  if (start === undefined || h > 24 || m > 59 || s > 60 || (h === 24 && m + s > 0)) return undefined
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute ?? 0)) * 60_000 * (sign === '-' ? -1 : 1)
  return start + (h * 60 + m) * 60_000 + Math.min(s, 59) * 1_000 + thousandths(fraction) - offset
}

/** `2026-02-31` is none, nor is `0000-00-00`. */
function dayOf(day: string): number | undefined {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day) ? at : undefined
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `Mon, 16 Aug 2010 03:45:01 +0000`, and the date of an HTTP answer. */
function mailDate(text: string): number | undefined {
  const parts =
    /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (?:GMT|UTC|([+-]\d{4}))$/.exec(
      text,
    )
  if (!parts) return undefined
  const [, day = '', month = '', year = '', clock = '', zone = '+0000'] = parts
  const nth = String(months.indexOf(month) + 1).padStart(2, '0')
  return isoOf(`${year}-${nth}-${day.padStart(2, '0')}T${clock}${zone}`)
}

const readers: Readonly<Record<PollTime['unit'], Reader>> = {
  s: secondsOf,
  ms: number,
  iso: isoOf,
  rfc2822: mailDate,
  day: (text) => dayOf(text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')),
}

/** A watermark is an item's own text or an answer's: whichever of the known ways reads it. */
export function watermarkOf(text: string, times: readonly PollTime[]): EpochMs {
  for (const unit of [...times.map((time) => time.unit), 'iso', 'rfc2822'] as const) {
    const at = timeOf(text, unit)
    if (at !== undefined) return at
  }
  throw new SluiceError('MISCONFIGURED', 'the watermark of a poll is no time')
}

/** A time as a request has it; what is finer than the format is cut off. */
export function written(at: EpochMs, format: TimeFormat): string {
  const text = iso(at)
  switch (format) {
    case 'iso':
      return text
    case 'iso-s':
      return `${text.slice(0, 19)}Z`
    case 'local':
      return text.slice(0, 19)
    case 'date':
      return text.slice(0, 10)
    case 's':
      return String(toSeconds(at))
    case 'ms':
      return String(at)
    case 'slack':
      return `${toSeconds(at)}.${String(at % 1_000).padStart(3, '0')}000`
  }
}

/** How much of a time a format keeps, milliseconds. */
export const grainOf = (format: TimeFormat): number =>
  format === 'date' ? 86_400_000 : format === 's' || format === 'iso-s' || format === 'local' ? 1_000 : 1

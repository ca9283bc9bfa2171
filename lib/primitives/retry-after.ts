import { ms, type EpochMs, type Millis } from './clock.ts'
import { longestDelayMs } from './options.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const longDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const month = `(?<month>${months.join('|')})`
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** The three forms, to the letter: the grammar is case-sensitive and allows one space, no other zone than GMT. */
const imfFixdate = new RegExp(
  String.raw`^(?<day>${days.join('|')}), (?<date>\d\d) ${month} (?<year>\d{4}) ${time} GMT$`,
)
const rfc850 = new RegExp(
  String.raw`^(?<day>${longDays.join('|')}), (?<date>\d\d)-${month}-(?<year>\d\d) ${time} GMT$`,
)
const asctime = new RegExp(
  String.raw`^(?<day>${days.join('|')}) ${month} (?<date>\d\d| \d) ${time} (?<year>\d{4})$`,
)

/** The longest text that can be a date; a longer one is not even looked at. */
const longestDate = 'Wednesday, 21-Oct-99 07:28:00 GMT'.length

/**
 * The instant of an HTTP date, or `undefined` when it is none. All three forms are read, as recipients must; the weekday must
 * be the date's own where the year has four digits. A year of two digits that would lie more than 50 years ahead is a past one.
 * @see RFC 9110 section 5.6.7
 */
export function httpDate(text: string, now: EpochMs): EpochMs | undefined {
  if (text.length > longestDate) return undefined
  const found = imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text)
  const part = found?.groups
  if (!part) return undefined
  const at = (year: number): number | undefined => {
    const date = [year, months.indexOf(part['month'] as never), Number(part['date'])] as const
    const clock = [Number(part['hour']), Number(part['minute']), Number(part['second'])] as const
    return instantOf(date, clock)
  }
  const year = part['year'] ?? ''
  if (year.length === 2) return twoDigitYear(Number(year), at, now)
  const instant = at(Number(year))
  if (instant === undefined) return undefined
  // A leap second has been carried into the day after.
  const named = new Date(part['second'] === '60' ? instant - 1 : instant)
  return days[named.getUTCDay()] === part['day'] ? (instant as EpochMs) : undefined
}

/** Leap seconds (`:60`) are in the grammar and mean the second after. Fields that overflow, such as 31 Feb, make no date. */
function instantOf(
  [year, monthIndex, date]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, number],
): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const midnight = new Date(0)
  // Not `Date.UTC`, which reads the years 0 to 99 as 1900 to 1999.
  midnight.setUTCFullYear(year, monthIndex, date)
  if (midnight.getUTCDate() !== date || midnight.getUTCMonth() !== monthIndex) return undefined
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000
}

function twoDigitYear(
  year: number,
  at: (year: number) => number | undefined,
  now: EpochMs,
): EpochMs | undefined {
  const today = new Date(now)
  const century = Math.floor(today.getUTCFullYear() / 100) * 100
  const horizon = new Date(now).setUTCFullYear(today.getUTCFullYear() + 50)
  const instant = at(century + year)
  if (instant === undefined) return at(century - 100 + year) as EpochMs | undefined
  return (instant > horizon ? (at(century - 100 + year) ?? instant) : instant) as EpochMs
}

/**
 * How long a `Retry-After` asks to wait, milliseconds in [0, 2^31-1): seconds in digits, else an HTTP date. A date that has
 * passed is 0, a longer wait than a timer can keep is cut, and anything else (`-5`, `1.5`, `NaN`, an empty text, another
 * date format) is `undefined`: wait as if there were no header.
 * @see RFC 9110 section 10.2.3
 */
export function retryAfterMs(header: string | null, now: EpochMs): Millis | undefined {
  if (header === null) return undefined
  const digits = /^[ \t]*(\d+)[ \t]*$/.exec(header)?.[1]
  if (digits !== undefined) return clamped(Number(digits) * 1_000)
  const at = httpDate(header.trim(), now)
  return at === undefined ? undefined : clamped(at - now)
}

/** Four hundred digits are Infinity, which the smaller bound wins over. */
const clamped = (wait: number): Millis => ms(Math.max(0, Math.min(wait, longestDelayMs - 1)))

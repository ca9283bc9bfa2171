import { ms, type EpochMs, type Millis } from './clock.ts'

/** The longest delay a Node timer honours. */
const longest = 2_147_483_647

/**
 * How long a `Retry-After` field asks to wait: seconds in digits, or a date as RFC 9110 prefers it. A date that is past asks
 * for nothing, what is neither is not there; never more than a timer can wait.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | null, now: EpochMs): Millis | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return clamped(Number(text) * 1_000)
  if (!imfFixdate.test(text)) return undefined
  const at = Date.parse(text)
  // `Date.parse` would move 31 February on and take any name for a day's.
  return Number.isNaN(at) || new Date(at).toUTCString() !== text ? undefined : clamped(at - now)
}

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/

const clamped = (wait: number): Millis => ms(Math.min(longest, Math.max(0, wait)))

/**
 * Structured logging with a closed vocabulary: only the fields below can be logged, so payloads, headers and
 * credentials have no way in. One line is one JSON object of at most 8 KB with no raw control characters.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface LogFields {
  readonly requestId?: string
  readonly eventId?: string
  readonly messageId?: string
  readonly tenant?: string
  readonly provider?: string
  readonly endpoint?: string
  readonly connection?: string
  readonly type?: string
  readonly handler?: string
  readonly destination?: string
  readonly queue?: string
  readonly status?: number | string
  readonly reason?: string
  readonly error?: string
  readonly code?: string
  readonly attempts?: number
  readonly fence?: number
  readonly count?: number
  readonly bytes?: number
  readonly delayMs?: number
  readonly durationMs?: number
  readonly deliveryKey?: string
  /** Of the W3C trace that the event is part of: 32 hex digits. */
  readonly traceId?: string
  readonly suppressed?: number
}

/** Takes one fact. `message` is a constant sentence; what varies goes into `fields`. */
export interface Log {
  (level: Level, message: string, fields?: LogFields): void
}

const order = { debug: 0, info: 1, warn: 2, error: 3 } as const satisfies Record<Level, number>
const maxFieldChars = 256

/** Input-derived text is cut at 256 characters and loses its control characters, so that it can neither flood nor forge a line. */
const clean = (text: string): string =>
  text.slice(0, maxFieldChars).replace(/[\p{Cc}\u2028\u2029]/gu, '\u{fffd}')

/** Formats one line; exported for the sinks and their tests. */
export function formatLine(level: Level, message: string, fields: LogFields, at: string): string {
  const line: Record<string, string | number> = { level, at, message }
  for (const [key, value] of Object.entries(fields) as [string, string | number | undefined][]) {
    if (value !== undefined) line[key] = typeof value === 'string' ? clean(value) : value
  }
  return JSON.stringify(line)
}

/** A log that writes lines at or above `threshold` to `write`. */
export function jsonLog(write: (line: string) => void, now: () => string, threshold: Level = 'info'): Log {
  return (level, message, fields = {}) => {
    if (order[level] >= order[threshold]) write(formatLine(level, message, fields, now()))
  }
}

/** Drops everything: for callers that must log nothing. */
export const silentLog: Log = () => {}

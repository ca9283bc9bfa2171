import { sha256Hex } from '../primitives/bytes.ts'
import { epochMs, type EpochMs } from '../primitives/clock.ts'
import type { Identification, KeySource, TimeSource, ValueSource } from '../providers/provider.ts'
import { isAmbiguousText, valueIn, type ParsedBody } from './body.ts'

/** What a delivery, or an element of one, says of itself, read from where its provider declares it. */
export interface Identity {
  readonly deliveryKey: string
  /** Identity of the fact, where that differs: equal for every way by which the same fact can come. */
  readonly changeKey?: string
  readonly type: string
  readonly occurredAt?: EpochMs
}

/** Where values are read from. */
export interface Readable {
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined
  readonly bytes: Uint8Array
  readonly body: ParsedBody
}

const maxKeyChars = 256
const maxTypeChars = 128

/**
 * The key, type and time. What is missing, too long, not text, or carries control characters counts as not said: then the
 * key is the SHA-256 of the bytes (B024).
 */
export function identify(declared: Identification, from: Readable): Identity {
  const read = reader(from)
  const occurredAt = eventTime(declared.eventTime ?? [], read)
  const changeKey = keyFrom(declared.changeKey ?? [], from, read)
  return {
    deliveryKey: keyFrom(declared.deliveryKey, from, read) ?? `sha256:${sha256Hex(from.bytes)}`,
    ...(changeKey !== undefined && { changeKey }),
    type: eventType(declared, read),
    ...(occurredAt !== undefined && { occurredAt }),
  }
}

export type Read = (source: ValueSource) => string | undefined

/** Reads single values as plain text; `undefined` for what is missing or is none. */
export const reader =
  ({ header, body }: Readable): Read =>
  (source) =>
    plainText('header' in source ? header(source.header) : valueIn(body, source))

/** The first of `sources` whose parts all yield text; different bytes that become the same text are no key. */
function keyFrom(sources: readonly KeySource[], { bytes }: Readable, read: Read): string | undefined {
  const unreadable = sources.length > 0 && isAmbiguousText(bytes)
  for (const source of sources) {
    const parts = [source].flat().map((part) => (unreadable && !('header' in part) ? undefined : read(part)))
    const key = parts.join('|')
    if (parts.every((part) => part !== undefined) && key.length <= maxKeyChars) return key
  }
  return undefined
}

function eventType({ eventType: alternatives, batches }: Identification, read: Read): string {
  for (const sources of alternatives) {
    const parts = sources.map(read)
    const type = parts.join('.')
    if (parts.every((part) => part !== undefined) && type.length <= maxTypeChars) return type
  }
  return batches ? 'batch' : 'unknown'
}

/** Non-empty text without control characters, or a number that kept all its digits (B040). */
function plainText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return undefined
  return /\p{Cc}/u.test(value) ? undefined : value
}

const latest = 8_640_000_000_000_000

/** Seconds and milliseconds are digits; what is written with others is no number of them, but may be ISO 8601. */
function eventTime(sources: readonly TimeSource[], read: Read): EpochMs | undefined {
  for (const source of sources) {
    const text = read(source) ?? ''
    const factor = source.unit === 's' ? 1_000 : 1
    const value =
      source.unit === 'iso' ? isoTime(text) : /^\d+(\.\d+)?$/.test(text) ? Number(text) * factor : -1
    if (value >= 0 && value <= latest) return epochMs(Math.floor(value))
  }
  return undefined
}

const isoTime = (text: string): number => (/^\d{4}-/.test(text) ? Date.parse(text) : -1)

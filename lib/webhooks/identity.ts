import { sha256Hex } from '../primitives/bytes.ts'
import { epochMs, type EpochMs } from '../primitives/clock.ts'
import type { ValueSource, WebhookDeclaration } from '../providers/provider.ts'
import { isAmbiguousText, valueIn, type ParsedBody } from './body.ts'
import type { Delivery } from './delivery.ts'

/** What a delivery says of itself, read from where its provider declares it. */
export interface Identity {
  readonly deliveryKey: string
  readonly type: string
  readonly occurredAt?: EpochMs
}

const maxKeyChars = 256
const maxTypeChars = 128

/**
 * The delivery's key, type and time. What is missing, too long, not text, or carries control characters counts as not
 * said: then the key is the SHA-256 of the body (B024).
 */
export function identify(declaration: WebhookDeclaration, delivery: Delivery, body: ParsedBody): Identity {
  const text = reader(delivery, body)
  const occurredAt =
    declaration.eventTime && eventTime(text(declaration.eventTime), declaration.eventTime.unit)
  return {
    deliveryKey: deliveryKey(declaration, delivery, text),
    type: eventType(declaration, text),
    ...(occurredAt !== undefined && { occurredAt }),
  }
}

export type Read = (source: ValueSource) => string | undefined

/** Reads single values of a delivery as plain text; `undefined` for what is missing or is none. */
export const reader =
  (delivery: Delivery, body: ParsedBody): Read =>
  (source) =>
    plainText('header' in source ? delivery.header(source.header) : valueIn(body, source))

function deliveryKey({ deliveryKey: sources }: WebhookDeclaration, { body }: Delivery, read: Read): string {
  const unreadable = isAmbiguousText(body)
  for (const source of sources) {
    const parts = [source].flat().map((part) => (unreadable && !('header' in part) ? undefined : read(part)))
    const key = parts.join('|')
    if (parts.every((part) => part !== undefined) && key.length <= maxKeyChars) return key
  }
  return `sha256:${sha256Hex(body)}`
}

function eventType({ eventType: alternatives }: WebhookDeclaration, read: Read): string {
  for (const sources of alternatives) {
    const parts = sources.map(read)
    const type = parts.join('.')
    if (parts.every((part) => part !== undefined) && type.length <= maxTypeChars) return type
  }
  return 'unknown'
}

/** Non-empty text without control characters, or a number that kept all its digits (B040). */
function plainText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return undefined
  return /\p{Cc}/u.test(value) ? undefined : value
}

const latest = 8_640_000_000_000_000

function eventTime(text: string | undefined, unit: 's' | 'ms' | 'iso'): EpochMs | undefined {
  if (text === undefined) return undefined
  const value = unit === 'iso' ? Date.parse(text) : Number(text) * (unit === 's' ? 1_000 : 1)
  return Number.isFinite(value) && value >= 0 && value <= latest ? epochMs(Math.floor(value)) : undefined
}

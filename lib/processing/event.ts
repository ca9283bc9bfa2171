import type { Envelope } from '../buffer/envelope.ts'
import { toBase64 } from '../primitives/bytes.ts'
import { iso } from '../primitives/clock.ts'
import { wrappedText } from '../primitives/wrapped.ts'
import type { Wrapping } from '../providers/provider.ts'
import type { SluiceEvent } from './handler.ts'
import { inflate } from './inflate.ts'
import { traceOf } from './trace.ts'

/**
 * The CloudEvents envelope of one event, its payload parsed: JSON where the body is JSON, fields where it is a form (a
 * name that repeats has an array), else base64 text. `wrapped` is where the provider puts the event inside its message.
 * @throws SluiceError `PAYLOAD_TOO_LARGE` or `PAYLOAD_CORRUPT` when a compressed body can't be opened.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export function toEvent(envelope: Envelope, raw: Uint8Array, wrapped?: Wrapping): SluiceEvent {
  const { tenant, provider, contentType = '' } = envelope
  const body = inflate(raw, envelope.headers['content-encoding'])
  const { data, datacontenttype } = unwrapped(parsed(body, contentType), wrapped)
  return {
    specversion: '1.0',
    id: envelope.changeKey ?? envelope.deliveryKey,
    source: `/sluice/${provider}/${tenant}`,
    type: `${provider}.${envelope.type}`,
    time: iso(envelope.occurredAt ?? envelope.receivedAt),
    datacontenttype,
    data,
    tenant,
    deliverykey: envelope.deliveryKey,
    via: envelope.via,
    ...(envelope.account !== undefined && { account: envelope.account }),
    ...(envelope.version !== undefined && { version: envelope.version }),
    ...traceOf(envelope),
  }
}

/** What the body wraps, where it is JSON; the body itself where it wraps something else, such as a farewell. */
function unwrapped(payload: ParsedPayload, wrapped: Wrapping | undefined): ParsedPayload {
  const text = wrapped && wrappedText(payload.data, wrapped)
  if (text === undefined) return payload
  try {
    return { data: JSON.parse(text) as unknown, datacontenttype: 'application/json' }
  } catch {
    return payload
  }
}

/** UTF-8 without its byte order mark. `Buffer` reads it several times faster than a `TextDecoder` does. */
function textOf(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

interface ParsedPayload {
  readonly data: unknown
  readonly datacontenttype: string
}

function parsed(body: Uint8Array, contentType: string): ParsedPayload {
  const text = textOf(body)
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    return { data: fields(new URLSearchParams(text)), datacontenttype: 'application/x-www-form-urlencoded' }
  }
  try {
    return { data: JSON.parse(text) as unknown, datacontenttype: 'application/json' }
  } catch {
    return { data: toBase64(body), datacontenttype: contentType || 'application/octet-stream' }
  }
}

/** Without a prototype, so that a field named `__proto__` is a field. */
function fields(form: URLSearchParams): Record<string, string | string[]> {
  const result = Object.create(null) as Record<string, string | string[]>
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name)
    result[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  return result
}

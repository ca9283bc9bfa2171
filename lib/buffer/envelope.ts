import { SluiceError } from '../errors/sluice-error.ts'
import { prefixes } from '../config/names.ts'
import { faultInEnvelope } from './envelope-shape.ts'
import { hashTuple, sha256Hex, toBase64 } from '../primitives/bytes.ts'
import type { EpochMs } from '../primitives/clock.ts'

/**
 * One accepted delivery on its way to the worker. The bytes are carried exactly as they came: base64 inline, or as a
 * pointer to an object whose SHA-256 must match. Version 1; unknown versions are set aside, never dropped.
 */
export interface Envelope {
  readonly v: 1
  /** `evt_…`: derived from tenant, endpoint and key, so a second delivery of the same event has the same id. */
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly endpoint: string
  readonly via: 'webhook' | 'poll' | 'bus' | 'replay'
  /** Identity of the delivery, from signed data where the provider signs one; else `sha256:…` of the body. */
  readonly deliveryKey: string
  /** Identity of the fact where it is not that of the delivery: then the id is made of it. */
  readonly changeKey?: string
  /** The account at the provider that the event belongs to, where it says one. */
  readonly account?: string
  /** Which version of a thing a poll found, as the provider writes it. */
  readonly version?: string
  /** Set on an element of a batch: the id of the delivery that it came in. */
  readonly partOf?: string
  /** The provider's own type of the event, `unknown` where it names none. */
  readonly type: string
  readonly receivedAt: EpochMs
  /** The provider's time of the event, when it says one. */
  readonly occurredAt?: EpochMs
  readonly contentType?: string
  /** Headers that the provider's declaration asks to keep, lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The trace that the sender's request was part of. */
  readonly traceparent?: string
  readonly tracestate?: string
  readonly body: InlineBody | StoredBody
  /** Set on what a poll found and a webhook should bring too: the poll, as whether one does is counted. */
  readonly poll?: { readonly connection: string; readonly stream: string }
  /** Set on a replay: the event whose bytes these are. */
  readonly replayOf?: string
  /** Set on a redrive: which death of the event it undoes (the record's `deadAt`). */
  readonly redrive?: string
  /** Who redrives it, where it is not a person: `sluice` by itself, or a replay by its id. */
  readonly redriveBy?: string
}

export interface InlineBody {
  readonly base64: string
  /** Lower-case hex SHA-256 of the raw bytes. */
  readonly sha256: string
}

export interface StoredBody {
  /** Object key under `bodies/{tenant}/`. */
  readonly key: string
  readonly sha256: string
  readonly bytes: number
}

/** The id of an event: injective on (tenant, endpoint, key), equal for every delivery of it. */
export const eventId = (tenant: string, endpoint: string, key: string): string =>
  `evt_${hashTuple(tenant, endpoint, key).toString('base64url').slice(0, 32)}`

export const inlineBody = (raw: Uint8Array): InlineBody => ({ base64: toBase64(raw), sha256: sha256Hex(raw) })

export const isStored = (body: InlineBody | StoredBody): body is StoredBody => 'key' in body

/**
 * The message for `envelope`. JSON escapes control characters and lone surrogates; SQS also refuses these two.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const encodeEnvelope = (envelope: Envelope): string =>
  JSON.stringify(envelope).replaceAll(/[\ufffe\uffff]/g, (character) =>
    character === '\ufffe' ? String.raw`\ufffe` : String.raw`\uffff`,
  )

/**
 * Reads a message body.
 * @throws SluiceError `BAD_ENVELOPE` when it is not an envelope of a known version, or its parts contradict each other.
 */
export function decodeEnvelope(message: string): Envelope {
  let parsed: unknown
  try {
    parsed = JSON.parse(message)
  } catch (cause) {
    throw new SluiceError('BAD_ENVELOPE', 'the message is not JSON', { cause })
  }
  const fault = faultInEnvelope(parsed)
  if (fault !== undefined) {
    throw new SluiceError(
      'BAD_ENVELOPE',
      `the message is not an envelope of version 1 (at "${fault.slice(0, 64)}")`,
    )
  }
  const envelope = parsed as Envelope
  if (isStored(envelope.body) && !isOwnKey(envelope.body.key, envelope.tenant)) {
    throw new SluiceError('BAD_ENVELOPE', "the message points outside its tenant's objects")
  }
  return envelope
}

const isOwnKey = (key: string, tenant: string): boolean =>
  key.startsWith(`${prefixes.bodies}${tenant}/`) &&
  /^[A-Za-z0-9_-]+$/.test(key.slice(prefixes.bodies.length + tenant.length + 1))

/**
 * The raw bytes of an inline body.
 * @throws SluiceError `PAYLOAD_CORRUPT` when they are not the ones that were accepted; damaged base64 is one way to that.
 */
export const inlineBytes = (body: InlineBody): Buffer =>
  checked(Buffer.from(body.base64, 'base64'), body.sha256)

/** @throws SluiceError `PAYLOAD_CORRUPT` when `bytes` are not the ones that were accepted. */
export function checked<T extends Uint8Array>(bytes: T, sha256Expected: string): T {
  if (sha256Hex(bytes) !== sha256Expected) {
    throw new SluiceError('PAYLOAD_CORRUPT', 'the body is not the one that was accepted')
  }
  return bytes
}

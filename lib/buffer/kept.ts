import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ledger, maxInflatedBytes } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import {
  decodeEnvelope,
  encodeEnvelope,
  inlineBody,
  isStored,
  type Envelope,
  type InlineBody,
} from './envelope.ts'

/**
 * A finished event's envelope as it is kept: one byte that names the form, then the envelope as JSON without its inline
 * body, a line feed, and the body's raw bytes. Base64 would cost a third more.
 */
const form = { plain: 0, deflated: 1, message: 2, deflatedMessage: 3 } as const

export type Kept =
  | { readonly kind: 'event'; readonly envelope: Envelope }
  /** What came was no envelope that we can read; this is its text. */
  | { readonly kind: 'message'; readonly text: string }

const lineFeed = 0x0a

/** `raw` are the envelope's bytes, where they are at hand already; the ones of a stored body stay where they are. */
export function keepEnvelope(envelope: Envelope, raw?: Uint8Array): Uint8Array {
  const { body } = envelope
  // A damaged body is kept as it came, in the message: there is nothing else to keep.
  if (!isStored(body) && !raw && !isIntact(body)) return keepMessage(encodeEnvelope(envelope))
  const kept = {
    ...envelope,
    redrive: undefined,
    redriveBy: undefined,
    ...(!isStored(body) && { body: undefined }),
  }
  const bytes = isStored(body) ? noBytes : (raw ?? Buffer.from(body.base64, 'base64'))
  return packed(form.plain, `${JSON.stringify(kept)}\n`, bytes)
}

const noBytes = new Uint8Array()

export const keepMessage = (text: string): Uint8Array => packed(form.message, text, noBytes)

/** @throws SluiceError `RECORD_CORRUPT` when these are not bytes that were kept. */
export function openKept(kept: Uint8Array): Kept {
  const bytes = unpacked(kept)
  const end = bytes.indexOf(lineFeed)
  if (kept[0] === form.message || kept[0] === form.deflatedMessage) {
    return { kind: 'message', text: bytes.toString('utf8') }
  }
  if (end < 0) throw new SluiceError('RECORD_CORRUPT', 'a kept envelope has no end')
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Partial<Envelope>
  const envelope = head.body ? head : { ...head, body: inlineBody(bytes.subarray(end + 1)) }
  return { kind: 'event', envelope: decodeEnvelope(JSON.stringify(envelope)) }
}

const isIntact = ({ base64, sha256 }: InlineBody): boolean =>
  sha256Hex(Buffer.from(base64, 'base64')) === sha256

function packed(plainForm: 0 | 2, head: string, tail: Uint8Array): Uint8Array {
  const headBytes = Buffer.byteLength(head)
  const content = Buffer.allocUnsafe(1 + headBytes + tail.byteLength)
  content[0] = plainForm
  content.write(head, 1)
  content.set(tail, 1 + headBytes)
  if (content.byteLength <= ledger.plainEnvelopeBytes) return content
  return Buffer.concat([Buffer.of(plainForm + 1), deflateRawSync(content.subarray(1), { level: 3 })])
}

function unpacked(kept: Uint8Array): Buffer {
  const content = Buffer.from(kept.buffer, kept.byteOffset + 1, kept.byteLength - 1)
  const isDeflated = kept[0] === form.deflated || kept[0] === form.deflatedMessage
  return isDeflated ? inflateRawSync(content, { maxOutputLength: maxInflatedBytes }) : content
}

import type { ObjectStore } from '../buffer/buffer.ts'
import { checked, inlineBytes, isStored, type Envelope } from '../buffer/envelope.ts'
import { SluiceError } from '../errors/sluice-error.ts'

/**
 * The event's bytes, exactly as they were accepted.
 * @throws SluiceError `PAYLOAD_MISSING` or `PAYLOAD_CORRUPT` when nothing will bring them back, `PAYLOAD_UNAVAILABLE`
 * when the bucket does not answer for now.
 */
export async function readPayload(
  { body }: Envelope,
  objects: ObjectStore,
  /** Gives the signal that ends the read; asked only when there is something to read. */
  scope: { readonly signal: AbortSignal },
): Promise<Uint8Array> {
  if (!isStored(body)) return inlineBytes(body)
  const bytes = await read(body.key, objects, scope.signal)
  if (!bytes) throw new SluiceError('PAYLOAD_MISSING', 'the body that the message points to is not there')
  return checked(bytes, body.sha256)
}

async function read(key: string, objects: ObjectStore, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await objects.get(key, signal)
  } catch (cause) {
    throw new SluiceError('PAYLOAD_UNAVAILABLE', 'the bucket did not answer', { cause })
  }
}

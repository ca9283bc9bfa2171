import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto'
import { SluiceError } from '../errors/sluice-error.ts'
import { hashTuple, sameBytes } from '../primitives/bytes.ts'
import type { Random } from '../primitives/random.ts'

/** Where a sealed value belongs. It opens there and nowhere else. */
export interface SealContext {
  readonly tenant: string
  readonly provider: string
  readonly connection: string
  /** `tokens`, `escrow`: two values of one connection are no substitute for each other. */
  readonly field: string
  /** Version of what is inside. */
  readonly schema: number
}

/** A tenant's key of one epoch, as it is used. */
export interface DataKey {
  readonly epoch: number
  readonly key: KeyObject
}

const version = 1
const saltBytes = 16
const commitmentBytes = 32
const tagBytes = 16
const saltAt = 5
const commitmentAt = saltAt + saltBytes
const ciphertextAt = commitmentAt + commitmentBytes

/**
 * Seals `plaintext` for its context: a key, nonce and commitment of its own by HKDF-SHA256 from the tenant's data key and a
 * random salt, AES-256-GCM with the context as additional data. Byte by byte in docs/vault-format.md.
 */
export function seal(
  dataKey: DataKey,
  context: SealContext,
  plaintext: Uint8Array,
  random: Random,
): Uint8Array {
  const salt = Buffer.from(random.bytes(saltBytes))
  const aad = additionalData(context, dataKey.epoch)
  const { key, nonce, commitment } = derive(dataKey.key, salt, aad)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  const head = Buffer.alloc(saltAt)
  head.writeUInt8(version, 0)
  head.writeUInt32BE(dataKey.epoch, 1)
  return Buffer.concat([
    head,
    salt,
    commitment,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/**
 * Opens what {@link seal} made with this key for this context.
 * @throws SluiceError `SEAL_BROKEN` for everything else; it says nothing of the content.
 */
export function open(dataKey: DataKey, context: SealContext, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (epochOf(sealed) !== dataKey.epoch) throw broken()
  const aad = additionalData(context, dataKey.epoch)
  const { key, nonce, commitment } = derive(dataKey.key, bytes.subarray(saltAt, commitmentAt), aad)
  // GCM alone does not bind its key: bytes can be made that open under two.
  if (!sameBytes(commitment, bytes.subarray(commitmentAt, ciphertextAt))) throw broken()
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad)
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(ciphertextAt, -tagBytes)), decipher.final()])
  } catch (cause) {
    throw broken(cause)
  }
}

/**
 * The key epoch that sealed bytes name.
 * @throws SluiceError `SEAL_BROKEN` when they are of no version that this code reads.
 */
export function epochOf(sealed: Uint8Array): number {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.byteLength < ciphertextAt + tagBytes || bytes[0] !== version) throw broken()
  return bytes.readUInt32BE(1)
}

const broken = (cause?: unknown): SluiceError =>
  new SluiceError(
    'SEAL_BROKEN',
    'a sealed value does not open here: it was changed, moved, or its key is gone',
    {
      cause,
    },
  )

const additionalData = (context: SealContext, epoch: number): Buffer =>
  hashTuple(
    'sluice-vault',
    String(version),
    String(epoch),
    context.tenant,
    context.provider,
    context.connection,
    context.field,
    String(context.schema),
  )

/**
 * HKDF-SHA256 with the context in its info: 32 bytes of key, 12 of nonce, 32 of commitment. Written out, because the four
 * HMACs take a third of the time of `hkdfSync`.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
function derive(dataKey: KeyObject, salt: Uint8Array, info: Uint8Array) {
  const pseudorandom = createHmac('sha256', salt).update(dataKey.export()).digest()
  const expand = (previous: Uint8Array, counter: number): Buffer =>
    createHmac('sha256', pseudorandom).update(previous).update(info).update(Buffer.of(counter)).digest()
  const key = expand(Buffer.alloc(0), 1)
  const commitment = expand(key, 2)
  return { key, commitment, nonce: expand(commitment, 3).subarray(0, 12) }
}

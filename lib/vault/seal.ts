import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { SluiceError } from '../errors/sluice-error.ts'
import { sameBytes } from '../primitives/bytes.ts'
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
 * Seals `plaintext` for its context: a key and a commitment of its own by HKDF from the tenant's data key and a random salt,
 * AES-256-GCM with the context as additional data. Byte by byte in docs/vault-format.md.
 */
export function seal(
  dataKey: DataKey,
  context: SealContext,
  plaintext: Uint8Array,
  random: Random,
): Uint8Array {
  const salt = Buffer.from(random.bytes(saltBytes))
  const aad = contextBytes(context, dataKey.epoch)
  const { key, commitment } = derive(dataKey.key, salt, aad)
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
  const aad = contextBytes(context, dataKey.epoch)
  const { key, commitment } = derive(dataKey.key, bytes.subarray(saltAt, commitmentAt), aad)
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

/** A JSON array of texts: no two contexts are the same bytes. */
const contextBytes = ({ tenant, provider, connection, field, schema }: SealContext, epoch: number): Buffer =>
  Buffer.from(
    JSON.stringify([
      'sluice-vault',
      `${version}`,
      `${epoch}`,
      tenant,
      provider,
      connection,
      field,
      `${schema}`,
    ]),
  )

/** Each key seals one value, so that its nonce need not differ. */
const nonce = Buffer.alloc(12)

/**
 * HKDF-Expand with SHA-512, one block: 32 bytes of key and 32 of commitment, from the salt and the context. The data key is
 * uniformly random, so nothing has to be extracted from it (RFC 5869, 3.3).
 * @see https://www.rfc-editor.org/rfc/rfc5869#section-2.3
 */
function derive(dataKey: KeyObject, salt: Uint8Array, context: Uint8Array) {
  const block = createHmac('sha512', dataKey).update(salt).update(context).update(one).digest()
  // A cipher takes a key object five times as fast as bytes.
  return { key: createSecretKey(block.subarray(0, keyBytes)), commitment: block.subarray(keyBytes) }
}

const one = Buffer.of(1)
const keyBytes = 32

import { createHmac, createSecretKey } from 'node:crypto'
import { SluiceError } from '../errors/sluice-error.ts'
import type { DataKey } from './seal.ts'

/** Of a value that brings its data key along, wrapped. The first byte of every other one is another. */
const version = 2
const headBytes = 3

/** The epoch that stands in such a value: no key of a tenant has it. */
const noEpoch = 0

/**
 * The key of a value that brings its data key along. Both halves are needed: the data key, which KMS unwraps, and the tenant's
 * share, which is deleted with the tenant's keys. The share alone opens nothing, so it is stored as it is.
 */
export const ownKey = (dataKey: Uint8Array, share: Uint8Array): DataKey => ({
  epoch: noEpoch,
  key: createSecretKey(createHmac('sha256', dataKey).update('sluice-vault-own').update(share).digest()),
})

/** A sealed value with the data key that it was sealed under. */
export interface OwnKeyed {
  readonly wrapped: Uint8Array
  readonly sealed: Uint8Array
}

/** Version, length of the wrapped key, that key, and the value as `seal` made it. */
export function withOwnKey({ wrapped, sealed }: OwnKeyed): Uint8Array {
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(version, 0)
  head.writeUInt16BE(wrapped.byteLength, 1)
  return Buffer.concat([head, wrapped, sealed])
}

/**
 * What {@link withOwnKey} put together; `undefined` for a value under a key of its tenant.
 * @throws SluiceError `SEAL_BROKEN` when it is cut short.
 */
export function ownKeyed(value: Uint8Array): OwnKeyed | undefined {
  if (value[0] !== version) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const sealedAt = bytes.byteLength < headBytes ? 0 : headBytes + bytes.readUInt16BE(1)
  if (sealedAt === 0 || sealedAt > bytes.byteLength)
    throw new SluiceError('SEAL_BROKEN', 'a sealed value is cut short')
  return { wrapped: bytes.subarray(headBytes, sealedAt), sealed: bytes.subarray(sealedAt) }
}

import { prefixes } from '../config/names.ts'

/**
 * Where new tokens go that the table does not take: the provider has given them out, and the old ones may be worth nothing
 * any more. One place for each version of a connection, so that a reader of that version finds its successor.
 */
export interface Escrow {
  put(connection: string, version: number, sealed: Uint8Array, signal: AbortSignal): Promise<void>
  /** `undefined` when there is none. */
  get(connection: string, version: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  delete(connection: string, version: number, signal: AbortSignal): Promise<void>
}

/** What the escrow needs of a bucket, which is up when the table is not. */
export interface EscrowObjects {
  put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  delete(key: string, signal: AbortSignal): Promise<void>
}

const keyOf = (connection: string, version: number): string => `${prefixes.escrow}${connection}/${version}`

export const objectEscrow = (objects: EscrowObjects): Escrow => ({
  put: (connection, version, sealed, signal) => objects.put(keyOf(connection, version), sealed, signal),
  get: (connection, version, signal) => objects.get(keyOf(connection, version), signal),
  delete: (connection, version, signal) => objects.delete(keyOf(connection, version), signal),
})

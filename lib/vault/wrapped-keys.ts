/** A tenant's data keys as they are stored, by epoch. */
export type WrappedKeys = ReadonlyMap<number, Uint8Array>

/** Where wrapped data keys are kept. */
export interface WrappedKeyStore {
  /** Empty for a tenant that has none. Always the latest state. */
  read(tenant: string): Promise<WrappedKeys>
  /** Adds the key of an epoch unless there is one; answers the one that stands there now. */
  add(tenant: string, epoch: number, wrapped: Uint8Array): Promise<Uint8Array>
  /** Puts another wrapping of the same key in the place of `before`; does nothing when that is not there any more. */
  replace(
    tenant: string,
    epoch: number,
    change: { readonly before: Uint8Array; readonly after: Uint8Array },
  ): Promise<void>
}

/** Deletes every key of a tenant: what they sealed opens no more. */
export type Shred = (tenant: string) => Promise<void>

/** A tenant's keys as they are stored. */
export interface TenantKeys {
  /** Its wrapped data keys, by epoch. */
  readonly wrapped: ReadonlyMap<number, Uint8Array>
  /** 32 random bytes without which no value opens that brings its own data key along; `undefined` before the first of these. */
  readonly share?: Uint8Array
}

/** Where the keys of tenants are kept. */
export interface WrappedKeyStore {
  /** Empty for a tenant that has none. Always the latest state. */
  read(tenant: string): Promise<TenantKeys>
  /** Adds the key of an epoch unless there is one; answers the one that stands there now. */
  add(tenant: string, epoch: number, wrapped: Uint8Array): Promise<Uint8Array>
  /** Puts another wrapping of the same key in the place of `before`; does nothing when that is not there any more. */
  replace(
    tenant: string,
    epoch: number,
    change: { readonly before: Uint8Array; readonly after: Uint8Array },
  ): Promise<void>
}

/** The tenant's share; `offered` becomes it where there is none. Always the latest state. */
export type TenantShare = (tenant: string, offered: Uint8Array) => Promise<Uint8Array>

/** Deletes every key of a tenant: what they sealed opens no more. */
export type Shred = (tenant: string) => Promise<void>

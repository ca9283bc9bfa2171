/** Makes data keys, and can't unwrap one: enough to seal. */
export interface KeyMaker {
  /** A new data key of 32 bytes, plain and wrapped for `tenant`. */
  generate(tenant: string): Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>
}

/** What makes and unwraps data keys: a key that never leaves its service. */
export interface KeyWrap extends KeyMaker {
  /**
   * @throws SluiceError `SEAL_BROKEN` when it was wrapped for another tenant, by another key, or changed; anything else when
   * the service does not answer
   */
  unwrap(tenant: string, wrapped: Uint8Array): Promise<Uint8Array>
}

/** Wraps a key again, by whatever the service now wraps with. */
export interface KeyRewrap {
  rewrap(tenant: string, wrapped: Uint8Array): Promise<Uint8Array>
}

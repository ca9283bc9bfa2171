import type { EpochMs } from '../primitives/clock.ts'
import type { Connection, ReauthCause, TokenTimes } from './connection.ts'

/** The right to refresh one connection until `leaseUntil`. Every later write of this refresh proves it. */
export interface Lease {
  readonly id: string
  readonly owner: string
  readonly version: number
  readonly leaseUntil: EpochMs
}

export type LeaseOutcome =
  /** `inherited`: the one who held it before never released it. */
  | { readonly kind: 'leased'; readonly lease: Lease; readonly inherited: boolean }
  | { readonly kind: 'busy'; readonly leaseUntil: EpochMs }
  /** Its tokens or its state have changed since they were read. */
  | { readonly kind: 'moved'; readonly connection: Connection }
  | { readonly kind: 'gone' }

/** `lost`: another has written since, or the connection was deleted; nothing was written. */
export type SaveOutcome = 'saved' | 'lost'

/** What changes with new tokens. */
export type TokenFacts = Pick<Connection, 'obtainedAt' | 'tokens' | 'scopes'> & TokenTimes

export type NewConnection = Omit<
  Connection,
  'version' | 'owner' | 'leaseUntil' | 'failures' | 'cause' | 'kind' | 'fingerprint'
>
export type NewKeyConnection = NewConnection & Pick<Connection, 'fingerprint'>

/**
 * Connections and their sealed tokens. Each method is one conditional write or one read; an answer that got lost is decided
 * by the item that the repeated write returns.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer, `RECORD_CORRUPT` for an item that is not ours.
 */
export interface Vault {
  /** `undefined` for an id that does not exist, or of another tenant. */
  get(
    tenant: string,
    id: string,
    options?: { readonly consistent?: boolean },
  ): Promise<Connection | undefined>
  /** Puts a grant in the place of whatever stood under its id, tombstones included: its user has just consented. */
  connect(connection: NewConnection, owner: string): Promise<Connection>
  /**
   * Puts a key in the place of an earlier key, of a tombstone whose tokens are gone, or of nothing. `taken`: an account that its
   * user has connected stands there, or its tokens are still to be given back.
   */
  connectKey(connection: NewKeyConnection, owner: string): Promise<Connection | 'taken'>
  /** Says that only its user can mend a connection of kind `key`, if it still is the version that was read. */
  endKey(connection: Connection, cause: ReauthCause): Promise<SaveOutcome>
  /** Sets when a connection of kind `key` is due next; none: never. */
  postpone(connection: Connection, until: EpochMs | undefined): Promise<SaveOutcome>
  /** Puts another sealing of the same content in the place of the one that was read. */
  reseal(connection: Connection, tokens: Uint8Array): Promise<SaveOutcome>
  /** `pending` to `active`. */
  activate(tenant: string, id: string): Promise<SaveOutcome>
  /** Takes the lease of the version that was read; an expired one may be taken over. */
  lease(connection: Connection, owner: string, until: EpochMs): Promise<LeaseOutcome>
  /** Saves new tokens and releases. */
  save(lease: Lease, facts: TokenFacts): Promise<SaveOutcome>
  /** Releases without new tokens; `nextRefreshAt` is when the next one may try. */
  release(lease: Lease, nextRefreshAt: EpochMs): Promise<SaveOutcome>
  /** Releases, and says that only the user can mend it. */
  needsReauth(lease: Lease, cause: ReauthCause): Promise<SaveOutcome>
  /** From here on nothing is given out and no refresh can save; due at once, so that the tokens are given back. */
  disconnect(tenant: string, id: string): Promise<SaveOutcome>
  /** Deletes the tokens of a connection that was disconnected; the fact stays. */
  forget(connection: Connection): Promise<SaveOutcome>
  /** Makes a refresh due now. */
  hasten(tenant: string, id: string): Promise<SaveOutcome>
}

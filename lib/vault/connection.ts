import type { EpochMs } from '../primitives/clock.ts'

/**
 * Where a connection stands. `pending`: connected by a shared link and not yet activated by whoever began it.
 * `needs_reauth`: only its user can mend it. What was never saved is no connection: its connect link says `pending_lost`.
 */
export type ConnectionState = 'pending' | 'active' | 'needs_reauth' | 'deleted'

/** Why a connection needs its user again, in words that a program can read. */
export type ReauthCause =
  /** The provider says that the grant is no longer good. */
  | 'revoked'
  /** The same, after a worker died while it refreshed: nobody knows whether the provider had answered it. */
  | 'ambiguous_refresh'
  /** The provider's own limit for the whole grant is over. */
  | 'hard_expiry'
  /** There never was a refresh token, and the access token has run out. */
  | 'no_refresh_token'
  /** A refresh brought tokens of another account. */
  | 'foreign_account'
  /** The App was uninstalled from the account, or its owner suspended it. */
  | 'installation_gone'
  | 'installation_suspended'
  /** What is stored does not open. */
  | 'seal_broken'
  /** The provider refused the key of a call. */
  | 'key_rejected'

/** What a connection stands on: tokens that its user has granted, or a key that was handed over. */
export type ConnectionKind = 'oauth' | 'key'

/**
 * One tenant's grant at one provider for one external account. Its tokens are sealed: this record can be listed, logged and
 * backed up.
 */
export interface Connection {
  /** `conn_…`: derived from tenant, provider and account, so that a second grant for the same account is the same one. */
  readonly id: string
  readonly tenant: string
  readonly provider: string
  /** The account at the provider: `realmId`, `team_id`, `sub`. */
  readonly account: string
  readonly state: ConnectionState
  readonly kind: ConnectionKind
  readonly cause?: ReauthCause
  readonly scopes: readonly string[]
  readonly connectedAt: EpochMs
  /** When the tokens that are sealed here were received. */
  readonly obtainedAt: EpochMs
  /** When the access token runs out; none says that it never does. */
  readonly expiresAt?: EpochMs
  /** From when on it is refreshed, or its people are told that its key ends; in the index of what is due. */
  readonly refreshAt?: EpochMs
  /** When the refresh token runs out if it is not used before; none: the provider does not say. */
  readonly refreshExpiresAt?: EpochMs
  /** When the grant ends, whatever is refreshed. */
  readonly hardExpiresAt?: EpochMs
  /** Grows by one with every write that changes tokens or state. */
  readonly version: number
  /** Who refreshes it, or did last: 128 random bits. */
  readonly owner?: string
  /** The lease holds until then; 0 once released. */
  readonly leaseUntil: EpochMs
  /** Refreshes that failed since the last that succeeded. */
  readonly failures: number
  /** Sealed {@link Tokens}, or {@link Credentials} where it is of kind `key`. */
  readonly tokens: Uint8Array
  /** The end of a key, so that people can tell it from another. */
  readonly fingerprint?: string
}

/** Times that come with tokens, each where there is one. */
export type TokenTimes = Pick<Connection, 'expiresAt' | 'refreshAt' | 'refreshExpiresAt' | 'hardExpiresAt'>

/** What is sealed in {@link Connection.tokens}, as JSON. Schema 1. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly tokenType: string
  /** `sub` of the ID token that came with the grant, where the account is not that: it never changes. */
  readonly subject?: string
  /** Other values of the token answer that calls need: `bot_user_id`, `instance_url`. */
  readonly extras?: Readonly<Record<string, string>>
}

export const tokensSchema = 1

/** What is sealed in the same place for a connection of kind `key`, as JSON. Schema 1. */
export interface Credentials {
  /** By the names of one of its provider's forms. */
  readonly values: Readonly<Record<string, string>>
  /** Other values that calls need: an account's address. */
  readonly extras?: Readonly<Record<string, string>>
}

export const credentialsSchema = 1

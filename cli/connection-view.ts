/** A connection as the API tells it. */
export interface ConnectionItem {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly account: string
  readonly kind: 'oauth' | 'key'
  /** The last four characters of a key. */
  readonly fingerprint: string | null
  readonly status: string
  readonly cause: string | null
  readonly connectedAt: string
  readonly expiresAt: string | null
  /** When the grant or the key itself ends. */
  readonly hardExpiresAt: string | null
  /** When the refresher looks at it next; a deleted one that it has given back has none. */
  readonly refreshAt: string | null
}

/** A link that was made just now. */
export interface ConnectLink {
  /** Names it to the API. */
  readonly id: string
  /** Opens it, once. */
  readonly url: string
  readonly expiresAt: string
}

/** What became of a link, as the API tells it. */
export interface ConnectLinkItem {
  readonly tenant: string
  readonly provider: string
  readonly status: string
  readonly connection: string | null
  readonly reason: string | null
}

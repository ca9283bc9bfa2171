import type { EpochMs } from '../primitives/clock.ts'

/** What a connect link lets whoever opens it do: once, within its time. Made by the team's backend. */
export interface ConnectLink {
  readonly provider: string
  readonly tenant: string
  readonly scopes: readonly string[]
  /** Where the browser goes afterwards, from the list of allowed places. */
  readonly returnTo?: string
  /** The link may travel: what comes of it waits until the backend activates it. */
  readonly isShared: boolean
  /** Re-connecting: only this account will do. */
  readonly account?: string
  readonly expiresAt: EpochMs
}

/** One browser on its way to the provider and back. */
export interface ConnectState extends ConnectLink {
  /** Hash of the cookie that this browser was given. */
  readonly cookieHash: string
}

export type Used<T> =
  | { readonly kind: 'first'; readonly value: T }
  /** Someone has used it before. */
  | { readonly kind: 'used' }
  /** There is none, or its time is over. */
  | { readonly kind: 'unknown' }

/**
 * Links and states, each used once by a conditional update: an answer that got lost is decided by whose mark is in the item.
 * Names are random and only their hashes are stored, so that nobody who reads the table can use one.
 */
export interface ConnectStore {
  addLink(id: string, link: ConnectLink): Promise<void>
  useLink(id: string, mark: string, now: EpochMs): Promise<Used<ConnectLink>>
  addState(id: string, state: ConnectState): Promise<void>
  /** Reads without using: what it says is checked first. */
  readState(id: string, now: EpochMs): Promise<Used<ConnectState>>
  useState(id: string, mark: string, now: EpochMs): Promise<Used<ConnectState>>
}

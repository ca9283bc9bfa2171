import { hashTuple } from '../primitives/bytes.ts'
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

/** How a flow ended. `connected` is said before the connection is saved: only the connection itself proves it. */
export type FlowEnd =
  | { readonly kind: 'connected'; readonly connection: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'failed'; readonly reason: string }

export type Used<T> =
  | { readonly kind: 'first'; readonly value: T }
  /** Someone has used it before. */
  | { readonly kind: 'used' }
  /** There is none, or its time is over. */
  | { readonly kind: 'unknown' }

/** A state that a browser has come back with. */
export interface CameBack {
  readonly value: ConnectState
  readonly usedAt: EpochMs
  /** None: whoever took it has not finished, or died. */
  readonly end?: FlowEnd
}

export type ReadState =
  | { readonly kind: 'first'; readonly value: ConnectState }
  | ({ readonly kind: 'used' } & CameBack)
  | { readonly kind: 'unknown' }

/** What became of a link. */
export interface FollowedLink {
  readonly link: ConnectLink
  readonly wasOpened: boolean
  /** Where the flow that it began stands; none: it has not begun, or is forgotten. */
  readonly flow: ReadState
}

/**
 * Links and states, each used once by a conditional update: an answer that got lost is decided by whose mark is in the item.
 * Names are random and only their hashes are stored, so that nobody who reads the table can use one.
 */
export interface ConnectStore {
  addLink(id: string, link: ConnectLink): Promise<void>
  /** `flow` is the {@link stateName} of the state that it leads to, and the mark. */
  useLink(id: string, flow: string, now: EpochMs): Promise<Used<ConnectLink>>
  /** By its {@link linkName}: it tells what became of a link, and opens nothing. */
  follow(name: string, now: EpochMs): Promise<FollowedLink | undefined>
  addState(id: string, state: ConnectState): Promise<void>
  /** Reads without using: what it says is checked first. */
  readState(id: string, now: EpochMs): Promise<ReadState>
  useState(id: string, mark: string, now: EpochMs): Promise<Used<ConnectState>>
  /** Notes how the flow of a used state ends. */
  endFlow(id: string, end: FlowEnd): Promise<void>
}

/** Names under which links and states are stored: from them nobody finds what opens one. */
export const linkName = (id: string): string => hashTuple('link', id).toString('base64url')
export const stateName = (id: string): string => hashTuple('state', id).toString('base64url')

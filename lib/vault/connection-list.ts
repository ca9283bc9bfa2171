import type { EpochMs } from '../primitives/clock.ts'
import type { Connection } from './connection.ts'

/** A page of a list; `next` is where it goes on. */
export interface ConnectionPage {
  readonly connections: readonly Connection[]
  readonly next?: string
}

/** @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer. */
export interface ConnectionList {
  /** By tenant and id, deleted ones included; of one tenant where it is named. At most a hundred. */
  list(tenant: string | undefined, after: string | undefined, limit: number): Promise<ConnectionPage>
  /** As it is now, whoever's it is, a deleted one included; `undefined` for an id that does not exist. */
  find(id: string): Promise<Connection | undefined>
}

/** @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer. */
export interface ConnectionReader {
  /** Those that exist, as they are now, in their order; a hundred at most. */
  readonly read: (ids: readonly string[]) => Promise<readonly Connection[]>
}

/** @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer. */
export interface DueConnections {
  /** Whose refresh is due, the most overdue first. */
  due(now: EpochMs, limit: number): Promise<readonly { readonly tenant: string; readonly id: string }[]>
}

import { iso, type EpochMs } from '../primitives/clock.ts'
import type { Connection } from '../vault/connection.ts'
import type { ConnectionItem } from './schemas.ts'

/** A connection as the API shows it: everything but what is sealed, of which there is at most a fingerprint (B089). */
export const toConnectionItem = (connection: Connection): ConnectionItem => ({
  id: connection.id,
  tenant: connection.tenant,
  provider: connection.provider,
  account: connection.account,
  kind: connection.kind,
  fingerprint: connection.fingerprint ?? null,
  status: connection.state,
  cause: connection.cause ?? null,
  scopes: [...connection.scopes],
  connectedAt: iso(connection.connectedAt),
  obtainedAt: iso(connection.obtainedAt),
  expiresAt: orNull(connection.expiresAt),
  refreshAt: orNull(connection.refreshAt),
  refreshExpiresAt: orNull(connection.refreshExpiresAt),
  hardExpiresAt: orNull(connection.hardExpiresAt),
  failures: connection.failures,
})

const orNull = (instant: EpochMs | undefined): string | null => (instant === undefined ? null : iso(instant))

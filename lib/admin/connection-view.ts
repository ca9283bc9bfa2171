import { iso, type EpochMs } from '../primitives/clock.ts'
import type { Connection } from '../vault/connection.ts'
import type { ConnectionItem, ConnectLinkItem } from './schemas.ts'

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

/** What became of a connect link, under its public name. `lib/oauth` says what the words mean. */
export const toConnectLinkItem = (
  id: string,
  attempt: Pick<ConnectLinkItem, 'tenant' | 'provider' | 'status'> & {
    readonly connection?: string
    readonly reason?: string
    readonly expiresAt: EpochMs
  },
): ConnectLinkItem => ({
  id,
  tenant: attempt.tenant,
  provider: attempt.provider,
  status: attempt.status,
  connection: attempt.connection ?? null,
  reason: attempt.reason ?? null,
  expiresAt: iso(attempt.expiresAt),
})

const orNull = (instant: EpochMs | undefined): string | null => (instant === undefined ? null : iso(instant))

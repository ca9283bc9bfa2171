import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tokens } from '../vault/connection.ts'
import type { Escrow } from '../vault/escrow.ts'
import type { Vault } from '../vault/vault.ts'
import type { Announce } from './announce.ts'
import type { OAuthClients } from './client.ts'
import type { OutageGuard } from './outage-guard.ts'
import type { Revoked } from './revoke.ts'
import type { TokenEndpointDeps } from './token-endpoint.ts'
import type { TokenStoreDeps } from './token-store.ts'

export interface RefreshDeps extends TokenStoreDeps, TokenEndpointDeps {
  readonly vault: Vault
  readonly escrow: Escrow
  readonly clients: OAuthClients
  readonly guard: OutageGuard
  /** Gives tokens back to the provider, as well as it can. Never throws. */
  readonly revoke: (whose: Revoked, tokens: Tokens) => Promise<void>
  /** Tells the handlers what became of a connection. */
  readonly announce: Announce
  readonly log: Log
  readonly metrics: Metrics
}

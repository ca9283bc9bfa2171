import type { Caller } from '#lib/access/caller.ts'
import type { AdminToken } from '#lib/admin/admin-token.ts'
import type { People } from '#lib/admin/admit.ts'
import type { Probe } from '#lib/admin/health.ts'
import type { UsedLinks } from '#lib/admin/used-links.ts'
import type { GatewayBindings } from '#lib/http/gateway.ts'
import type { History } from '#lib/idempotency/history.ts'
import type { ConnectStore } from '#lib/oauth/connect-store.ts'
import type { ConnectGrant } from '#lib/providers/auth.ts'
import type { ConnectionList } from '#lib/vault/connection-list.ts'
import type { KeyTasks } from '#lib/vault/key-tasks.ts'
import type { Sealer } from '#lib/vault/sealer.ts'
import type { Vault } from '#lib/vault/vault.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { ReplayDeps } from '#lib/processing/replay.ts'
import type { Provider } from '#lib/providers/provider.ts'
import type { Log } from '#lib/telemetry/log.ts'

/** What the API and the console stand on. */
export interface AdminDeps extends ReplayDeps {
  readonly history: History
  readonly usedLinks: UsedLinks
  readonly token: AdminToken
  /** Whose tokens are taken beside the admin token; `undefined` where the config names no issuer. */
  readonly people: People | undefined
  /** What must answer for `/health` to say that all is well. */
  readonly probes: Readonly<Record<string, Probe>>
  readonly providers: readonly Provider[]
  readonly endpoints: readonly { readonly id: string; readonly provider: string; readonly tenant: string }[]
  readonly vault: Vault
  /** Keeps what tenants hand over. Nothing here can open it. */
  readonly seal: Sealer
  readonly connections: ConnectionList
  readonly keyTasks: Pick<KeyTasks, 'about' | 'ask'>
  readonly connectStore: Pick<ConnectStore, 'addLink' | 'follow'>
  readonly connectGrantOf: (provider: string) => ConnectGrant | undefined
  /** Where browsers may be sent after they have connected. */
  readonly returnTo: readonly string[]
  readonly stage: string
  /** Where this deployment is reached, without a slash at the end. */
  readonly publicUrl: string | undefined
  readonly log: Log
}

/** What Hono carries along with a request. */
export interface AdminEnv {
  readonly Bindings: Partial<GatewayBindings>
  readonly Variables: {
    /** The admin token, once the request has been let in by whatever token: links and cursors are sealed with it. */
    readonly token: Secret
    /** Who has been let in. */
    readonly caller: Caller
    /** Aborts before the function's time is up. */
    readonly signal: AbortSignal
  }
}

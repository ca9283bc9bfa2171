import { describeError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import type { DueConnections } from '../vault/connection-list.ts'
import type { AccessTokens } from './access-token.ts'
import { careForKey } from './key-life.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { openTokens } from './token-store.ts'

export type RefreshDueDeps = RefreshDeps & DueConnections & { readonly tokens: AccessTokens }

/** Refreshes what is due, ahead of traffic, tells whose keys end, and gives back what was disconnected; answers how many there were. */
export async function refreshDue(limit: number, concurrency: number, deps: RefreshDueDeps): Promise<number> {
  const due = await deps.due(deps.clock.now(), limit)
  await mapBounded(due, concurrency, async ({ tenant, id }) => {
    try {
      const outcome = await deps.tokens.get(tenant, id)
      if (outcome.kind === 'key') await careForKey(outcome.connection, deps)
      if (outcome.kind === 'not_active' && outcome.state === 'deleted') await giveBack(tenant, id, deps)
    } catch (error) {
      deps.log('error', 'a connection could not be refreshed', {
        connection: id,
        error: describeError(error),
      })
    }
  })
  return due.length
}

/** What was disconnected is taken back at the provider too, and then forgotten here. */
async function giveBack(tenant: string, id: string, deps: RefreshDeps): Promise<void> {
  const connection = await deps.vault.get(tenant, id, { consistent: true })
  if (connection?.state !== 'deleted' || connection.tokens.byteLength === 0) return
  // A key is the tenant's own: it ends where it was made.
  if (connection.kind === 'oauth') await deps.revoke(connection, await openTokens(connection, deps))
  await deps.vault.forget(connection)
  deps.log('info', 'a connection was given back', { tenant, provider: connection.provider, connection: id })
}

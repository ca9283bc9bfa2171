import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import type { DueConnections } from '../vault/connection-list.ts'
import type { Connection, Tokens } from '../vault/connection.ts'
import { keysId } from '../vault/key-tasks.ts'
import type { AccessTokens } from './access-token.ts'
import { careForKey } from './key-life.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { openTokens } from './token-store.ts'

export type RefreshDueDeps = RefreshDeps &
  DueConnections & {
    readonly tokens: AccessTokens
    /** Stops what the provider sends for a connection, by its tokens where they open, and forgets it here. */
    readonly endSubscriptions: (connection: Connection, tokens: Tokens | undefined) => Promise<void>
    /** Does what was asked for a tenant's keys. */
    readonly careForKeys: (tenant: string) => Promise<void>
  }

/**
 * Refreshes what is due, ahead of traffic, tells whose keys end, gives back what was disconnected, and looks after the keys that
 * seal; answers how many there were.
 */
export async function refreshDue(limit: number, concurrency: number, deps: RefreshDueDeps): Promise<number> {
  const due = await deps.due(deps.clock.now(), limit)
  await mapBounded(due, concurrency, async ({ tenant, id }) => {
    try {
      if (id === keysId) return await deps.careForKeys(tenant)
      const outcome = await deps.tokens.get(tenant, id)
      if (outcome.kind === 'key') await careForKey(outcome.connection, deps)
      if (outcome.kind === 'not_active' && outcome.state === 'deleted') await giveBack(tenant, id, deps)
    } catch (error) {
      deps.log('error', 'what was due could not be done', {
        tenant,
        connection: id,
        error: describeError(error),
      })
    }
  })
  return due.length
}

/** What was disconnected is taken back at the provider too, and then forgotten here. */
async function giveBack(tenant: string, id: string, deps: RefreshDueDeps): Promise<void> {
  const connection = await deps.vault.get(tenant, id, { consistent: true })
  if (connection?.state !== 'deleted' || connection.tokens.byteLength === 0) return
  // A key is the tenant's own: it ends where it was made.
  const tokens = connection.kind === 'oauth' ? await opened(connection, deps) : undefined
  await deps.endSubscriptions(connection, tokens)
  if (tokens) await deps.revoke(connection, tokens)
  await deps.vault.forget(connection)
  deps.log('info', 'a connection was given back', { tenant, provider: connection.provider, connection: id })
}

/** `undefined` for what opens no more, as after its tenant's keys were shredded: nobody can give that back. */
async function opened(connection: Connection, deps: RefreshDeps): Promise<Tokens | undefined> {
  try {
    return await openTokens(connection, deps)
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SEAL_BROKEN') throw error
    const { tenant, provider, id } = connection
    deps.log('warn', 'tokens that do not open were not given back', { tenant, provider, connection: id })
    return undefined
  }
}

import { isPast } from '../primitives/clock.ts'
import type { Connection, ReauthCause } from '../vault/connection.ts'
import { announceExpiry, announceReauth, nextNotice } from './announce.ts'
import type { RefreshDeps } from './refresh-deps.ts'

export type KeyLifeDeps = Pick<RefreshDeps, 'vault' | 'guard' | 'announce' | 'clock' | 'log' | 'metrics'>

/** What came of the word that a key was refused. */
export type Rejected =
  /** It needs its user now, or did before. */
  | 'needs_reauth'
  /** Another key has taken its place since: try again with that. */
  | 'newer'
  /** Many keys of this provider were refused at once: taken for its outage, and left as it is. */
  | 'outage'
  /** It is not in use. */
  | 'not_active'

/**
 * Takes the word of a caller that the provider has refused a key (401): the connection needs its user, if the key is still the
 * one that was used.
 * @param used tenant, id and version of the connection as it was read for the call
 * @throws SluiceError `VAULT_UNAVAILABLE` when the table does not answer.
 */
export async function rejectKey(
  { tenant, id, version }: Pick<Connection, 'tenant' | 'id' | 'version'>,
  deps: KeyLifeDeps,
): Promise<Rejected> {
  const connection = await deps.vault.get(tenant, id, { consistent: true })
  if (!connection || connection.kind !== 'key') return 'not_active'
  if (connection.state === 'needs_reauth') return 'needs_reauth'
  if (connection.state !== 'active') return 'not_active'
  if (connection.version !== version) return 'newer'
  const { provider } = connection
  deps.guard.attempted(provider)
  if (deps.guard.isOutage(provider)) {
    deps.log('error', 'many keys of one provider were refused at once: taken for its outage', { provider })
    return 'outage'
  }
  return (await end(connection, 'key_rejected', deps)) ? 'needs_reauth' : 'newer'
}

/** Does what is due for a key: tells its people when it ends, and at its end that it has. */
export async function careForKey(connection: Connection, deps: KeyLifeDeps): Promise<void> {
  const { hardExpiresAt } = connection
  const now = deps.clock.now()
  if (hardExpiresAt !== undefined && isPast(hardExpiresAt, now)) {
    await end(connection, 'hard_expiry', deps)
    return
  }
  const isTold = await announceExpiry(connection, deps)
  // News that did not get through is due again in a minute.
  if (isTold) await deps.vault.postpone(connection, hardExpiresAt && nextNotice(now, hardExpiresAt))
}

/** `false`: another key has taken its place, or it was deleted. */
async function end(connection: Connection, cause: ReauthCause, deps: KeyLifeDeps): Promise<boolean> {
  if ((await deps.vault.endKey(connection, cause)) === 'lost') return false
  const { tenant, provider, id } = connection
  deps.metrics.count('ConnectionNeedsReauth', { provider, reason: cause })
  await announceReauth(connection, cause, deps)
  deps.log('error', 'a connection needs its user again', { tenant, provider, connection: id, reason: cause })
  return true
}

import { oauth as limits } from '../config/defaults.ts'
import { later } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Connection } from '../vault/connection.ts'
import { announceReauth } from './announce.ts'
import type { Rejected } from './key-life.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { openTokens } from './token-store.ts'

/**
 * Takes the word of a caller that the provider has refused a token which a refresh had just brought: the connection needs its
 * user, if that token is still the one that stands (B115).
 * @throws SluiceError `VAULT_UNAVAILABLE` when the table or the keys do not answer.
 */
export async function rejectToken(
  { tenant, id }: Pick<Connection, 'tenant' | 'id'>,
  refused: Secret,
  deps: RefreshDeps,
): Promise<Rejected> {
  const connection = await deps.vault.get(tenant, id, { consistent: true })
  if (connection?.state === 'needs_reauth') return 'needs_reauth'
  if (connection?.state !== 'active' || connection.kind === 'key') return 'not_active'
  const { accessToken } = await openTokens(connection, deps)
  if (accessToken !== refused.reveal()) return 'newer'
  const { provider } = connection
  deps.guard.attempted(provider)
  if (deps.guard.isOutage(provider)) {
    deps.log('error', 'many tokens of one provider were refused at once: taken for its outage', { provider })
    return 'outage'
  }
  return (await end(connection, deps)) ? 'needs_reauth' : 'newer'
}

/** Under the lease, so that no refresh is under way. `false`: one is, or has been since. */
async function end(connection: Connection, deps: RefreshDeps): Promise<boolean> {
  const until = later(deps.clock.now(), limits.leaseMs)
  const outcome = await deps.vault.lease(connection, token128(deps.random), until)
  if (outcome.kind !== 'leased') return false
  if (outcome.inherited) {
    // Its last holder may have left newer tokens in the escrow: the next refresh looks there.
    await deps.vault.release(outcome.lease, deps.clock.now())
    return false
  }
  if ((await deps.vault.needsReauth(outcome.lease, 'revoked')) === 'lost') return false
  const { tenant, provider, id } = connection
  deps.metrics.count('ConnectionNeedsReauth', { provider, reason: 'revoked' })
  await announceReauth(connection, 'revoked', deps)
  deps.log('error', 'a connection needs its user again', {
    tenant,
    provider,
    connection: id,
    reason: 'revoked',
  })
  return true
}

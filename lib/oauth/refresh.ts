import { oauth as limits } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { elapsed, later } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { token128 } from '../primitives/random.ts'
import type { Connection, ReauthCause, Tokens } from '../vault/connection.ts'
import type { Lease, SaveOutcome, TokenFacts } from '../vault/vault.ts'
import { announceExpiry, announceReauth } from './announce.ts'
import { isForeign } from './account.ts'
import type { OAuthClient } from './client.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { keepSuccessor } from './keep-successor.ts'
import { renew, spendsRefreshToken } from './renew.ts'
import type { Grant, TokenOutcome } from './token-answer.ts'
import { openEscrow, sealGrant } from './token-store.ts'

/** What came of one worker's try to refresh a connection. */
export type Refreshed =
  /** The record has changed, by this refresh or another: read it again. */
  | { readonly kind: 'changed' }
  /** Another worker is at it. */
  | { readonly kind: 'busy' }
  /** It did not work this time; the old tokens stand. */
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'needs_reauth'; readonly cause: ReauthCause }
  | { readonly kind: 'gone' }

/**
 * Refreshes a connection under a lease: one request at a time over all workers, and never with a refresh token whose
 * successor was received. New tokens are saved before anyone uses them; what the table does not take goes to the escrow.
 * Faults of the network, the provider, the table or the keys never turn a connection into one that needs its user.
 */
export async function refresh(connection: Connection, tokens: Tokens, deps: RefreshDeps): Promise<Refreshed> {
  // Both are needed to keep what the provider will give: without them nothing is spent.
  await deps.keys.current(connection.tenant)
  const client = await clientOf(connection, deps)
  if (typeof client === 'string') return { kind: 'failed', error: client }
  const owner = token128(deps.random)
  const outcome = await deps.vault.lease(connection, owner, later(deps.clock.now(), limits.leaseMs))
  if (outcome.kind === 'gone') return { kind: 'gone' }
  if (outcome.kind === 'busy') return { kind: 'busy' }
  if (outcome.kind === 'moved') return { kind: 'changed' }
  const { lease, inherited } = outcome
  if (inherited && (await adopt(connection, lease, deps))) return { kind: 'changed' }
  // Whoever stood still in between must not spend a token that another may have spent meanwhile.
  if (elapsed(deps.clock.now(), lease.leaseUntil) < limits.requestMs + limits.marginMs)
    return { kind: 'busy' }
  const answer = await renew(client, connection, tokens, deps)
  if (!answer) return end(connection, lease, 'no_refresh_token', deps)
  const isDoubtful = spendsRefreshToken(client.auth) && (inherited || connection.failures > 0)
  const attempt = { connection, lease, tokens, wasDoubtful: isDoubtful }
  if (answer.kind === 'granted') {
    const own = { account: connection.account, grant: tokens }
    if (await isForeign(own, client, answer.grant, deps)) return giveBackForeign(attempt, answer.grant, deps)
  }
  return settle(attempt, answer, deps)
}

/** The registration, or why there is none now: a secret or an issuer's metadata that can't be read ends no connection. */
async function clientOf({ provider }: Connection, deps: RefreshDeps): Promise<OAuthClient | string> {
  try {
    return (await deps.clients.of(provider)) ?? 'no_client'
  } catch (error) {
    deps.log('warn', 'a token could not be refreshed', { provider, error: describeError(error) })
    return 'no_client'
  }
}

interface Attempt {
  readonly connection: Connection
  readonly lease: Lease
  readonly tokens: Tokens
  /** An earlier refresh ended in a way that leaves open whether the provider had answered it. */
  readonly wasDoubtful: boolean
}

async function settle(attempt: Attempt, outcome: TokenOutcome, deps: RefreshDeps): Promise<Refreshed> {
  const { connection, lease, tokens, wasDoubtful } = attempt
  const { provider } = connection
  deps.guard.attempted(provider)
  if (outcome.kind === 'granted') {
    deps.metrics.count('TokenRefreshed', { provider })
    await announceExpiry(connection, deps)
    return succeed(connection, lease, merged(tokens, outcome.grant), deps)
  }
  if (outcome.kind === 'refused') {
    // A rival may have rotated it: then what stands now, here or in the escrow, is good.
    const stands = await deps.vault.get(connection.tenant, connection.id, { consistent: true })
    if (!stands || stands.state === 'deleted') return { kind: 'gone' }
    if (stands.version !== connection.version || (await adopt(connection, lease, deps)))
      return { kind: 'changed' }
    if (!deps.guard.isOutage(provider)) {
      return end(connection, lease, outcome.cause ?? (wasDoubtful ? 'ambiguous_refresh' : 'revoked'), deps)
    }
    deps.log('error', 'many grants of one provider were refused at once: taken for its outage', { provider })
  }
  deps.metrics.count('TokenRefreshFailed', { provider, reason: outcome.kind })
  deps.log('warn', 'a token could not be refreshed', {
    tenant: connection.tenant,
    provider,
    connection: connection.id,
    reason: outcome.error,
  })
  const delay = Math.max(limits.retry.baseMs, fullJitter(limits.retry, connection.failures + 1, deps.random))
  await deps.vault.release(lease, later(deps.clock.now(), delay))
  return { kind: 'failed', error: outcome.error }
}

/** What a refresh does not bring again is kept: the refresh token above all (B073). */
const merged = (before: Tokens, grant: Grant): Grant => ({
  ...grant,
  tokens: {
    ...before,
    ...grant.tokens,
    ...(before.extras && { extras: { ...before.extras, ...grant.tokens.extras } }),
  },
})

async function succeed(
  connection: Connection,
  lease: Lease,
  grant: Grant,
  deps: RefreshDeps,
): Promise<Refreshed> {
  const facts = await sealGrant(connection, grant, connection, deps)
  const kept = await keepSuccessor(connection, lease, facts, deps)
  if (kept === 'lost') {
    // Deleted meanwhile, as nobody else can have moved it on: what was just given must not live on at the provider.
    await deps.revoke(connection, grant.tokens)
    return { kind: 'gone' }
  }
  return { kind: 'changed' }
}

/** Takes what an earlier holder of the lease was given and could not save. */
async function adopt(connection: Connection, lease: Lease, deps: RefreshDeps): Promise<boolean> {
  const deadline = deadlineAfter(deps.clock, limits.requestMs)
  try {
    const sealed = await deps.escrow.get(connection.id, connection.version, deadline.signal)
    if (!sealed) return false
    const facts: TokenFacts = await openEscrow(connection, sealed, deps)
    const saved: SaveOutcome = await deps.vault.save(lease, facts)
    if (saved === 'saved') await deps.escrow.delete(connection.id, connection.version, deadline.signal)
    deps.log('warn', 'tokens were taken back from the escrow', { connection: connection.id })
    return true
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'SEAL_BROKEN') return false
    throw new SluiceError('VAULT_UNAVAILABLE', `the escrow: ${describeError(error)}`, { cause: error })
  } finally {
    deadline.end()
  }
}

async function end(
  connection: Connection,
  lease: Lease,
  cause: ReauthCause,
  deps: RefreshDeps,
): Promise<Refreshed> {
  if ((await deps.vault.needsReauth(lease, cause)) === 'lost') return { kind: 'changed' }
  const { tenant, provider, id } = connection
  deps.metrics.count('ConnectionNeedsReauth', { provider, reason: cause })
  await announceReauth(connection, cause, deps)
  deps.log('error', 'a connection needs its user again', { tenant, provider, connection: id, reason: cause })
  return { kind: 'needs_reauth', cause }
}

/** Tokens of another account are never kept, and what they took the place of is spent: only the user can mend that (B074). */
async function giveBackForeign(
  { connection, lease }: Attempt,
  grant: Grant,
  deps: RefreshDeps,
): Promise<Refreshed> {
  const { tenant, provider, id } = connection
  deps.metrics.count('ForeignAccount', { provider })
  deps.log('error', 'a refresh brought tokens of another account', { tenant, provider, connection: id })
  const outcome = await end(connection, lease, 'foreign_account', deps)
  // Without the account: it is not the one that these are for.
  await deps.revoke({ provider }, grant.tokens)
  return outcome
}

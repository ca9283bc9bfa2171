import { oauth as limits } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { elapsed, later, ms } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import type { Connection } from '../vault/connection.ts'
import type { Lease, TokenFacts } from '../vault/vault.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { sealEscrow } from './token-store.ts'

const pauseMs = ms(250)

/**
 * Saves tokens that a provider has just given: the ones before them may be dead. The table is tried again and again; from
 * its first failure on the escrow is tried too. `lost`: the connection was deleted meanwhile.
 * @throws SluiceError `VAULT_UNAVAILABLE` when neither took them in time
 */
export async function keepSuccessor(
  connection: Connection,
  lease: Lease,
  facts: TokenFacts,
  deps: RefreshDeps,
): Promise<'kept' | 'lost'> {
  const until = later(lease.leaseUntil, limits.saveMs)
  let isEscrowed = false
  for (;;) {
    try {
      const outcome = await deps.vault.save(lease, facts)
      if (outcome === 'saved') {
        if (isEscrowed) await clear(connection, deps)
        return 'kept'
      }
      const stands = await deps.vault.get(connection.tenant, connection.id, { consistent: true })
      if (!stands || stands.state === 'deleted') return 'lost'
      // Another holds the lease by now. It looks into the escrow before it spends what it has.
      if (isEscrowed || stands.version !== lease.version) return 'kept'
      isEscrowed = await toEscrow(connection, facts, deps)
    } catch (error) {
      if (!(error instanceof SluiceError) || error.consequence !== 'retry') throw error
      isEscrowed ||= await toEscrow(connection, facts, deps)
    }
    // Once in escrow, the lease's own time is enough: whoever comes next finds them.
    const end = isEscrowed ? lease.leaseUntil : until
    if (elapsed(deps.clock.now(), end) <= 0) break
    await deps.clock.sleep(pauseMs)
  }
  if (isEscrowed) return 'kept'
  deps.metrics.count('TokenLost', { provider: connection.provider })
  deps.log('error', 'new tokens could be saved nowhere', { connection: connection.id })
  throw new SluiceError('VAULT_UNAVAILABLE', 'new tokens could be saved nowhere')
}

async function toEscrow(connection: Connection, facts: TokenFacts, deps: RefreshDeps): Promise<boolean> {
  const deadline = deadlineAfter(deps.clock, ms(2_000))
  try {
    const sealed = await sealEscrow(connection, facts, deps)
    await deps.escrow.put(connection.id, connection.version, sealed, deadline.signal)
    deps.log('warn', 'new tokens are in the escrow: the table did not take them', {
      connection: connection.id,
    })
    return true
  } catch (error) {
    deps.log('error', 'the escrow did not take new tokens', {
      connection: connection.id,
      error: describeError(error),
    })
    return false
  } finally {
    deadline.end()
  }
}

async function clear(connection: Connection, deps: RefreshDeps): Promise<void> {
  const deadline = deadlineAfter(deps.clock, ms(2_000))
  try {
    await deps.escrow.delete(connection.id, connection.version, deadline.signal)
  } catch {
    // It is of an older version than the table's now: nobody will ask for it, and the bucket forgets it by itself.
  } finally {
    deadline.end()
  }
}

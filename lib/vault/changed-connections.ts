import { describeError } from '../errors/sluice-error.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Vault } from './vault.ts'

/** A connection that was made, activated or disconnected, and when that was noted. */
export interface ChangedConnection {
  readonly id: string
  readonly at: EpochMs
}

/** Notes of what has changed, so that nobody has to look through all connections for it. @throws SluiceError `VAULT_UNAVAILABLE` */
export interface ChangedConnections {
  note(id: string): Promise<void>
  /** The first of them, in no order that means anything. */
  list(limit: number): Promise<readonly ChangedConnection[]>
  /** Unless it was noted again since. */
  clear(change: ChangedConnection): Promise<void>
}

/**
 * The same vault, noting whose polls and subscriptions may have to be made or ended. A note that can't be written is logged: all
 * connections are compared by and by, and what it says is found then.
 */
export function notingVault<V extends Pick<Vault, 'connect' | 'connectKey' | 'activate' | 'disconnect'>>(
  vault: V,
  changed: Pick<ChangedConnections, 'note'>,
  log: Log,
): V {
  const note = async (id: string): Promise<void> => {
    try {
      await changed.note(id)
    } catch (error) {
      log('warn', 'a changed connection could not be noted; its polls begin later', {
        connection: id,
        error: describeError(error),
      })
    }
  }
  return {
    ...vault,
    async connect(connection, owner) {
      const made = await vault.connect(connection, owner)
      await note(made.id)
      return made
    },
    async connectKey(connection, owner) {
      const made = await vault.connectKey(connection, owner)
      if (made !== 'taken') await note(made.id)
      return made
    },
    async activate(tenant, id) {
      const outcome = await vault.activate(tenant, id)
      if (outcome === 'saved') await note(id)
      return outcome
    },
    async disconnect(tenant, id) {
      const outcome = await vault.disconnect(tenant, id)
      if (outcome === 'saved') await note(id)
      return outcome
    },
  } satisfies Pick<Vault, 'connect' | 'connectKey' | 'activate' | 'disconnect'> & V
}

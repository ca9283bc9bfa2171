import { describeError } from '../errors/sluice-error.ts'
import type { EpochMs } from '../primitives/clock.ts'
import { compare, pageSize, type Connected, type ReconcileDeps } from './reconcile.ts'

/** A note that a connection was made, activated or disconnected. */
export interface Changed {
  readonly id: string
  readonly at: EpochMs
}

export interface ReconcileChangedDeps extends ReconcileDeps {
  readonly changed: {
    list(limit: number): Promise<readonly Changed[]>
    /** Unless it was noted again since. */
    clear(change: Changed): Promise<void>
  }
  /** Those that exist, in any order; at most a hundred. */
  readonly read: (ids: readonly string[]) => Promise<readonly Connected[]>
}

/**
 * Makes and ends what connections that have just changed need, and takes their notes away. One query where nothing has changed.
 * What fails keeps its note, and holds up no other: the whole round is made one by one after a failure.
 * @returns how many notes were done with.
 * @throws SluiceError `VAULT_UNAVAILABLE`: then the next tick does it.
 */
export async function reconcileChanged(deps: ReconcileChangedDeps): Promise<number> {
  const changes = await deps.changed.list(pageSize(deps))
  if (changes.length === 0) return 0
  const connections = await deps.read(changes.map(({ id }) => id))
  const failed = await failing(connections, deps)
  const done = changes.filter(({ id }) => !failed.has(id))
  for (const change of done) await deps.changed.clear(change)
  return done.length
}

async function failing(
  connections: readonly Connected[],
  deps: ReconcileChangedDeps,
): Promise<ReadonlySet<string>> {
  try {
    await compare(connections, deps)
    return new Set()
  } catch {
    const failed = new Set<string>()
    for (const connection of connections)
      try {
        await compare([connection], deps)
      } catch (error) {
        failed.add(connection.id)
        const { tenant, provider, id } = connection
        deps.log('warn', 'what a changed connection needs could not be made', {
          tenant,
          provider,
          connection: id,
          error: describeError(error),
        })
      }
    return failed
  }
}

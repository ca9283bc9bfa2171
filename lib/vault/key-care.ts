import type { Clock } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { ConnectionList } from './connection-list.ts'
import type { KeyTasks } from './key-tasks.ts'
import type { KeyMaker, KeyRewrap } from './key-wrap.ts'
import { ownKeyed, withOwnKey } from './own-key.ts'
import type { Vault } from './vault.ts'
import type { Shred, WrappedKeyStore } from './wrapped-keys.ts'

export interface KeyCareDeps extends RewrapDeps {
  readonly tasks: Pick<KeyTasks, 'about' | 'rewrapped'>
  readonly shred: Shred
  readonly clock: Clock
  readonly log: Log
}

/** Does what was asked for a tenant's keys; nothing when that is done already. */
export function keyCare(deps: KeyCareDeps) {
  const { tasks, shred, clock, log } = deps
  return async (tenant: string): Promise<void> => {
    const startedAt = clock.now()
    const task = (await tasks.about(tenant))?.task
    if (task === 'shred') {
      await shred(tenant)
      log('warn', 'the keys of a tenant were shredded', { tenant })
    } else if (task === 'rewrap') {
      const count = await rewrapKeys(tenant, deps)
      await tasks.rewrapped(tenant, startedAt)
      log('info', 'the keys of a tenant were wrapped anew', { tenant, count })
    }
  }
}

export interface RewrapDeps {
  readonly wrap: KeyRewrap
  readonly store: WrappedKeyStore
  readonly connections: ConnectionList
  readonly vault: Pick<Vault, 'reseal'>
}

/**
 * Wraps every key of a tenant again, those that values brought along included; answers how many there were. What they sealed is
 * not touched. A value that changes meanwhile is left: its key is newer.
 */
export async function rewrapKeys(tenant: string, deps: RewrapDeps): Promise<number> {
  const { wrap, store, connections, vault } = deps
  const { wrapped } = await store.read(tenant)
  for (const [epoch, before] of wrapped) {
    const after = await wrap.rewrap(tenant, before)
    await store.replace(tenant, epoch, { before, after })
  }
  let count = wrapped.size
  let next: string | undefined
  do {
    const page = await connections.list(tenant, next, 100)
    for (const connection of page.connections) {
      const own = ownKeyed(connection.tokens)
      if (!own) continue
      count += 1
      const after = { ...own, wrapped: await wrap.rewrap(tenant, own.wrapped) }
      await vault.reseal(connection, withOwnKey(after))
    }
    next = page.next
  } while (next !== undefined)
  return count
}

/** Starts a new epoch: what is sealed from now on, at the latest in five minutes, has a key of its own. */
export async function advanceEpoch(tenant: string, wrap: KeyMaker, store: WrappedKeyStore): Promise<number> {
  const epoch = Math.max(0, ...(await store.read(tenant)).wrapped.keys()) + 1
  const { wrapped } = await wrap.generate(tenant)
  await store.add(tenant, epoch, wrapped)
  return epoch
}

import { oauth as limits } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { ConnectionList } from '../vault/connection-list.ts'
import type { ConnectionRef } from './sluice.ts'

export interface FinderDeps {
  readonly connections: ConnectionList
  readonly clock: Clock
}

/** Tenants and providers whose connection is remembered. */
const mostKept = 1_000

/**
 * Which connection a reference means: the account's that it names; else the one of the likely account, if the tenant has that;
 * else the only one that the tenant has at the provider. What was looked for is remembered for five minutes.
 * @throws ApiError `disconnected` where there is none; SluiceError `MISCONFIGURED` where there are several,
 *   `VAULT_UNAVAILABLE` when the table does not answer.
 */
export function connectionFinder({ connections, clock }: FinderDeps) {
  const kept = new Map<string, { readonly id: string; readonly at: EpochMs }>()
  return async (
    tenant: string,
    { provider, id: said, account, likelyAccount }: ConnectionRef,
  ): Promise<string> => {
    if (said !== undefined) return said
    if (account !== undefined) return connectionId(tenant, provider, account)
    const key = JSON.stringify([tenant, provider, likelyAccount])
    const known = kept.get(key)
    if (known && elapsed(known.at, clock.now()) < limits.keepMs) return known.id
    const id =
      (await likely(tenant, provider, likelyAccount, connections)) ??
      (await only(tenant, provider, connections))
    kept.delete(key)
    kept.set(key, { id, at: clock.now() })
    const [oldest] = kept.keys()
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
    return id
  }
}

async function likely(
  tenant: string,
  provider: string,
  account: string | undefined,
  connections: ConnectionList,
): Promise<string | undefined> {
  if (account === undefined) return undefined
  const found = await connections.find(connectionId(tenant, provider, account))
  return found && found.state !== 'deleted' ? found.id : undefined
}

async function only(tenant: string, provider: string, connections: ConnectionList): Promise<string> {
  const ids: string[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await connections.list(tenant, after, 100)
    for (const each of page.connections)
      if (each.provider === provider && each.state !== 'deleted') ids.push(each.id)
    after = page.next
    more = after !== undefined
  }
  const [id] = ids
  if (id === undefined) throw new ApiError({ provider, status: 0, kind: 'disconnected', code: 'unknown' })
  if (ids.length === 1) return id
  throw new SluiceError(
    'MISCONFIGURED',
    `this tenant has ${ids.length} connections at ${provider}: name the account`,
  )
}

import { covers, type TenantScope } from '../access/tenant-scope.ts'
import type { ConnectionList, ConnectionPage } from '../vault/connection-list.ts'

export interface ConnectionsWanted {
  readonly tenant: string | undefined
  /** Where the page before ended. */
  readonly after: string | undefined
  readonly limit: number
}

/** The place of a connection in the list. */
const placeGrammar = /^[a-z0-9][a-z0-9_-]{0,62}#conn_[A-Za-z0-9_-]{32}$/

/**
 * A page of the connections that `scope` covers, tenant by tenant where it names some.
 * @returns `undefined` for a place that is none, or none of this list
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer
 */
export async function listConnections(
  { tenant, after, limit }: ConnectionsWanted,
  scope: TenantScope,
  list: Pick<ConnectionList, 'list'>,
): Promise<ConnectionPage | undefined> {
  if (after !== undefined && !placeGrammar.test(after)) return undefined
  const parts = partsOf(tenant, scope)
  const first = parts.findIndex((part) => after === undefined || part === undefined || isIn(part, after))
  if (first < 0) return after === undefined ? { connections: [] } : undefined
  return read(parts.slice(first), after, limit, list)
}

/** The tenants to read, one after another; one that is `undefined` stands for all. */
function partsOf(tenant: string | undefined, scope: TenantScope): readonly (string | undefined)[] {
  if (tenant !== undefined) return covers(scope, tenant) ? [tenant] : []
  return scope === 'all' ? [undefined] : scope.toSorted()
}

const isIn = (tenant: string, place: string): boolean => place.startsWith(`${tenant}#`)

async function read(
  parts: readonly (string | undefined)[],
  after: string | undefined,
  limit: number,
  list: Pick<ConnectionList, 'list'>,
): Promise<ConnectionPage> {
  const connections: ConnectionPage['connections'][number][] = []
  for (const [index, part] of parts.entries()) {
    const page = await list.list(part, index === 0 ? after : undefined, limit - connections.length)
    connections.push(...page.connections)
    const last = connections.at(-1)
    if (page.next !== undefined) return { connections, next: page.next }
    if (last && connections.length >= limit && index < parts.length - 1)
      return { connections, next: `${last.tenant}#${last.id}` }
  }
  return { connections }
}

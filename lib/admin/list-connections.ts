import type { TenantScope } from '../access/tenant-scope.ts'
import type { ConnectionList, ConnectionPage } from '../vault/connection-list.ts'
import type { Connection } from '../vault/connection.ts'
import { readByTenant, type PageWanted } from './by-tenant.ts'

const placeGrammar = /^[a-z0-9][a-z0-9_-]{0,62}#conn_[A-Za-z0-9_-]{32}$/
const placeOf = ({ tenant, id }: Connection): string => `${tenant}#${id}`

/**
 * A page of the connections that `scope` covers, tenant by tenant where it names some.
 * @returns `undefined` for a place that is none, or none of this list
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer
 */
export async function listConnections(
  wanted: PageWanted,
  scope: TenantScope,
  list: Pick<ConnectionList, 'list'>,
): Promise<ConnectionPage | undefined> {
  const page = await readByTenant(wanted, scope, {
    placeGrammar,
    placeOf,
    page: async (tenant, after, limit) => {
      const { connections, ...rest } = await list.list(tenant, after, limit)
      return { items: connections, ...rest }
    },
  })
  if (!page) return undefined
  const { items, ...rest } = page
  return { connections: items, ...rest }
}

import { expect, test } from 'vitest'
import { listConnections } from '#lib/admin/list-connections.ts'
import type { ConnectionList } from '#lib/vault/connection-list.ts'
import type { Connection } from '#lib/vault/connection.ts'

const idOf = (account: string): string => `conn_${account.repeat(32)}`

/** A store that says at once when a tenant's part has ended, with the last of its connections. */
function storeOf(
  places: readonly string[],
): Pick<ConnectionList, 'list'> & { readonly asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = []
  return {
    asked,
    list: async (tenant, after, limit) => {
      asked.push(tenant)
      if (limit < 1) throw new RangeError('a limit of nothing')
      const left = places.filter((place) => place.startsWith(`${tenant}#`) && place > (after ?? ''))
      const connections = left.slice(0, limit).map((place) => {
        const [owner = '', id = ''] = place.split('#')
        return { tenant: owner, id } as Connection
      })
      const last = left[limit - 1]
      return { connections, ...(left.length > limit && last !== undefined && { next: last }) }
    },
  }
}

test('a page that ends where a tenant ends leads on to the next tenant', async () => {
  const places = ['acme', 'globex'].flatMap((tenant) =>
    ['a', 'b'].map((account) => `${tenant}#${idOf(account)}`),
  )
  const store = storeOf(places)
  const first = await listConnections(
    { tenant: undefined, after: undefined, limit: 2 },
    ['globex', 'acme'],
    store,
  )
  expect(first?.next).toBe(places[1])
  const second = await listConnections(
    { tenant: undefined, after: first?.next, limit: 2 },
    ['globex', 'acme'],
    store,
  )
  expect(second?.connections.map(({ tenant, id }) => `${tenant}#${id}`)).toEqual(places.slice(2))
  expect(second?.next).toBeUndefined()
})

test('the store is asked of no tenant but those of the scope', async () => {
  const store = storeOf([])
  await listConnections({ tenant: undefined, after: undefined, limit: 2 }, ['b', 'a'], store)
  await listConnections({ tenant: 'c', after: undefined, limit: 2 }, ['b', 'a'], store)
  await listConnections({ tenant: undefined, after: undefined, limit: 2 }, [], store)
  expect(store.asked).toEqual(['a', 'b'])
})

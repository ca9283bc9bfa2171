import { covers, type TenantScope } from '../access/tenant-scope.ts'

export interface PageWanted {
  readonly tenant: string | undefined
  /** Where the page before ended. */
  readonly after: string | undefined
  readonly limit: number
}

export interface TenantPage<Item> {
  readonly items: readonly Item[]
  readonly next?: string
}

/** A list that is sorted by tenant, of one tenant or of all. */
export interface TenantList<Item> {
  readonly page: (
    tenant: string | undefined,
    after: string | undefined,
    limit: number,
  ) => Promise<TenantPage<Item>>
  /** The place of an item in it: the tenant, `#`, and more. */
  readonly placeOf: (item: Item) => string
  readonly placeGrammar: RegExp
}

/**
 * A page of what `scope` covers of a list, tenant by tenant where it names some.
 * @returns `undefined` for a place that is none, or none of this list
 */
export async function readByTenant<Item>(
  { tenant, after, limit }: PageWanted,
  scope: TenantScope,
  list: TenantList<Item>,
): Promise<TenantPage<Item> | undefined> {
  if (after !== undefined && !list.placeGrammar.test(after)) return undefined
  const parts = partsOf(tenant, scope)
  const first = parts.findIndex((part) => after === undefined || part === undefined || isIn(part, after))
  if (first < 0) return after === undefined ? { items: [] } : undefined
  return read(parts.slice(first), after, limit, list)
}

/** The tenants to read, one after another; one that is `undefined` stands for all. */
function partsOf(tenant: string | undefined, scope: TenantScope): readonly (string | undefined)[] {
  if (tenant !== undefined) return covers(scope, tenant) ? [tenant] : []
  return scope === 'all' ? [undefined] : scope.toSorted()
}

const isIn = (tenant: string, place: string): boolean => place.startsWith(`${tenant}#`)

async function read<Item>(
  parts: readonly (string | undefined)[],
  after: string | undefined,
  limit: number,
  list: TenantList<Item>,
): Promise<TenantPage<Item>> {
  const items: Item[] = []
  for (const [index, part] of parts.entries()) {
    const page = await list.page(part, index === 0 ? after : undefined, limit - items.length)
    items.push(...page.items)
    const last = items.at(-1)
    if (page.next !== undefined) return { items, next: page.next }
    if (last && items.length >= limit && index < parts.length - 1) return { items, next: list.placeOf(last) }
  }
  return { items }
}

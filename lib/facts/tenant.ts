import type { Identification } from '../providers/provider.ts'
import { isAmbiguousText } from './body.ts'
import type { Read } from './identity.ts'

/** Whose events an endpoint takes: a tenant's, and for accounts that it names other tenants'. */
export interface Ownership {
  readonly tenant: string
  /** Which tenant an account at the provider is; others belong to {@link tenant}. */
  readonly tenants?: Readonly<Record<string, string>>
}

/** The account at the provider that `bytes` belong to; different bytes that become the same text say none. */
export function accountOf(
  { externalId = [] }: Identification,
  bytes: Uint8Array,
  read: Read,
): string | undefined {
  const unreadable = externalId.length > 0 && isAmbiguousText(bytes)
  for (const source of externalId) {
    const account = unreadable && !('header' in source) ? undefined : read(source)
    if (account !== undefined) return account.slice(0, 256)
  }
  return undefined
}

/** The tenant that is named for the account; one that is not named, or not said, is the endpoint's own. */
export const tenantOf = ({ tenant, tenants }: Ownership, account: string | undefined): string =>
  tenants && account !== undefined && Object.hasOwn(tenants, account) ? (tenants[account] ?? tenant) : tenant

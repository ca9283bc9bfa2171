import type { WebhookDeclaration } from '../providers/provider.ts'
import { isAmbiguousText } from './body.ts'
import type { Endpoint } from './directory.ts'
import type { Read } from './identity.ts'

/**
 * Whose event a delivery brings: the tenant that the endpoint names for the account at the provider. An account that it
 * does not name, or that the delivery does not say, is the endpoint's own tenant.
 */
export function tenantOf(
  { tenant, tenants }: Endpoint,
  { externalId = [] }: WebhookDeclaration,
  body: Uint8Array,
  read: Read,
): string {
  if (!tenants || externalId.length === 0) return tenant
  // Different bytes that become the same text must not lead to another tenant.
  const unreadable = isAmbiguousText(body)
  for (const source of externalId) {
    const account = unreadable && !('header' in source) ? undefined : read(source)
    if (account !== undefined) return Object.hasOwn(tenants, account) ? (tenants[account] ?? tenant) : tenant
  }
  return tenant
}

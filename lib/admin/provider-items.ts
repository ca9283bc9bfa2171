import type { Provider } from '../providers/provider.ts'
import type { ProviderItem } from './schemas.ts'

interface Address {
  readonly id: string
  readonly provider: string
  readonly tenant: string
}

/** Where an endpoint takes webhooks: the provider's default endpoint has no second segment. */
export const pathOf = ({ id, provider }: Address): string =>
  id === provider ? `/webhooks/${provider}` : `/webhooks/${provider}/${id}`

/** Every provider, with the addresses that this deployment gives it. */
export const providerItems = (
  providers: readonly Provider[],
  addresses: readonly Address[],
): ProviderItem[] =>
  providers.map(({ id, displayName, checkedOn, docs }) => ({
    id,
    displayName,
    checkedOn,
    docs: [...docs],
    endpoints: addresses
      .filter(({ provider }) => provider === id)
      .map((address) => ({ id: address.id, tenant: address.tenant, path: pathOf(address) })),
  }))

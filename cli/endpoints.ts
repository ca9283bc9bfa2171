import { findProvider, providers } from '#lib/providers/catalog.ts'
import type { WebhookDeclaration } from '#lib/providers/provider.ts'
import { declarationAt, type Endpoint } from '#lib/webhooks/directory.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'

/** A webhook address with the declaration that holds there. */
export interface Address {
  readonly endpoint: Endpoint
  readonly declaration: WebhookDeclaration
}

/** @throws Failure (usage) when there is no such provider or no such endpoint, naming those that there are. */
export async function findAddress(io: Io, provider: string, endpointId = provider): Promise<Address> {
  const declaration = findProvider(provider)?.webhooks
  if (!declaration)
    throw usage('unknown_provider', `there is no provider "${provider}"`, providers, 'provider list')
  const own = (await io.loadEndpoints()).filter((endpoint) => endpoint.provider === provider)
  const endpoint = own.find(({ id }) => id === endpointId)
  if (!endpoint)
    throw usage('unknown_endpoint', `${provider} has no endpoint "${endpointId}"`, own, 'sluice.config.ts')
  return { endpoint, declaration: declarationAt(endpoint, declaration) }
}

function usage(code: string, what: string, known: readonly { id: string }[], where: string): Failure {
  const names = known.map(({ id }) => id).join(', ') || 'none'
  return new Failure(code, `${what}; there are: ${names} (see ${where})`, 2)
}

/** `/webhooks/stripe`, or `/webhooks/stripe/acme` for another endpoint than the provider's default. */
export const pathOf = ({ provider, id }: Pick<Endpoint, 'provider' | 'id'>): string =>
  id === provider ? `/webhooks/${provider}` : `/webhooks/${provider}/${id}`

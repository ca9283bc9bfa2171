import { SluiceError } from '../errors/sluice-error.ts'
import type { Secret } from '../primitives/secret.ts'
import type { KeeperDeps } from './keeper.ts'

/** A webhook endpoint, as far as a channel must know it. */
export interface ReceivingEndpoint {
  readonly id: string
  readonly provider: string
  /** Its address where that is not the deployment's own. */
  readonly publicUrl?: string
}

export interface ReceiverDeps<Endpoint extends ReceivingEndpoint> {
  /** The endpoint that brings a tenant's webhooks of a provider. */
  readonly endpointOf: (tenant: string, provider: string) => Endpoint | undefined
  /** The tokens that it takes, the newest first; `undefined` where nobody can say. */
  readonly secretsOf: (endpoint: Endpoint) => Promise<readonly Secret[] | undefined>
  /** The deployment's own address. */
  readonly publicUrl: string
}

/** @throws SluiceError `MISCONFIGURED` where there is no endpoint, or no token that it takes; `VAULT_UNAVAILABLE` while nobody can say. */
export const receiverOf =
  <Endpoint extends ReceivingEndpoint>({
    endpointOf,
    secretsOf,
    publicUrl,
  }: ReceiverDeps<Endpoint>): KeeperDeps['receiverOf'] =>
  async ({ tenant, provider }) => {
    const endpoint = endpointOf(tenant, provider)
    if (!endpoint)
      throw new SluiceError('MISCONFIGURED', `no endpoint takes webhooks of ${provider} for this tenant`)
    const secrets = await secretsOf(endpoint)
    if (!secrets) throw new SluiceError('VAULT_UNAVAILABLE', 'the secrets of an endpoint can not be read')
    const [token] = secrets
    if (!token) throw new SluiceError('MISCONFIGURED', `the endpoint ${endpoint.id} has no secret`)
    const { id } = endpoint
    const path = id === provider ? `/webhooks/${provider}` : `/webhooks/${provider}/${id}`
    return { address: (endpoint.publicUrl ?? publicUrl).replace(/\/+$/, '') + path, token }
  }

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secretRefresh } from '../config/defaults.ts'
import { secretName, shout } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { AnyGrant, OAuthClients } from './client.ts'

export interface SecretsManagerClientsOptions<Auth extends AnyGrant> {
  readonly client: Pick<SecretsManagerClient, 'send'>
  readonly stage: string
  /** How a provider lets calls in; `undefined` where it has no grant of this kind. */
  readonly authOf: (provider: string) => Auth | undefined | Promise<Auth | undefined>
  /** Values in the environment win. */
  readonly fromEnvironment: (name: string) => string | undefined
  readonly clock: Clock
}

type Values = Readonly<Record<string, unknown>>

/**
 * Registrations from the provider's secret `sluice/{stage}/{provider}`: `…_CLIENT_ID`, `…_CLIENT_SECRET`, and addresses that
 * point it elsewhere (`…_AUTHORIZE_URL`, `…_TOKEN_URL`, `…_REVOKE_URL`) or fill in a `{param}` of it (`AUTH0_DOMAIN`).
 */
export function secretsManagerClients<Auth extends AnyGrant>(
  options: SecretsManagerClientsOptions<Auth>,
): OAuthClients<Auth> {
  const known = new Map<string, { readonly at: EpochMs; readonly values: Values }>()
  const valuesOf = async (provider: string): Promise<Values> => {
    const kept = known.get(provider)
    if (kept && elapsed(kept.at, options.clock.now()) < secretRefresh) return kept.values
    try {
      const values = await read(provider, options)
      known.set(provider, { at: options.clock.now(), values })
      return values
    } catch (cause) {
      if (kept) return kept.values
      throw new SluiceError('VAULT_UNAVAILABLE', 'the client secrets could not be read', { cause })
    }
  }
  return {
    async of(provider) {
      const auth = await options.authOf(provider)
      if (!auth) return undefined
      const values = await valuesOf(provider)
      const value = (name: string): string | undefined => {
        const full = `${shout(provider)}_${name}`
        const stored = values[full]
        return (
          options.fromEnvironment(full) ?? (typeof stored === 'string' && stored !== '' ? stored : undefined)
        )
      }
      const [clientId, secret] = [value('CLIENT_ID'), value('CLIENT_SECRET')]
      if (clientId === undefined || (secret === undefined && auth.clientAuth !== 'none')) return undefined
      const addresses = addressesOf(auth, value)
      // An address with a blank in it is nobody's.
      if (Object.values(addresses).some((address) => address.includes('{'))) return undefined
      return { provider, clientId, clientSecret: new Secret(secret ?? ''), auth: { ...auth, ...addresses } }
    },
  }
}

const addressNames = {
  authorizeUrl: 'AUTHORIZE_URL',
  tokenUrl: 'TOKEN_URL',
  revokeUrl: 'REVOKE_URL',
} as const

function addressesOf(
  auth: Partial<Record<keyof typeof addressNames, string>>,
  value: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const filled = (url: string | undefined): string | undefined =>
    url?.replaceAll(/\{(\w+)\}/g, (whole, name: string) => value(name.toUpperCase()) ?? whole)
  const found = (['authorizeUrl', 'tokenUrl', 'revokeUrl'] as const).flatMap((name) => {
    const address = value(addressNames[name]) ?? filled(auth[name])
    return address === undefined ? [] : [[name, address] as const]
  })
  return Object.fromEntries(found)
}

async function read(
  provider: string,
  { client, stage }: Pick<SecretsManagerClientsOptions<AnyGrant>, 'client' | 'stage'>,
): Promise<Values> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretName(stage, provider) })
    const document: unknown = JSON.parse((await client.send(command)).SecretString ?? '{}')
    return typeof document === 'object' && document !== null ? (document as Values) : {}
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return {}
    throw error
  }
}

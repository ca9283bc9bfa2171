import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secretRefresh } from '../config/defaults.ts'
import { secretName, shout } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { OAuthClient, OAuthClients } from './client.ts'

export interface SecretsManagerClientsOptions {
  readonly client: Pick<SecretsManagerClient, 'send'>
  readonly stage: string
  /** How a provider lets calls in; `undefined` where it has no grant of this kind. */
  readonly authOf: (provider: string) => OAuthClient['auth'] | undefined
  /** Values in the environment win. */
  readonly fromEnvironment: (name: string) => string | undefined
  readonly clock: Clock
}

type Values = Readonly<Record<string, unknown>>

/**
 * Registrations from the provider's secret `sluice/{stage}/{provider}`: `…_CLIENT_ID`, `…_CLIENT_SECRET`, and addresses that
 * point it elsewhere (`…_AUTHORIZE_URL`, `…_TOKEN_URL`, `…_REVOKE_URL`) or fill in a `{param}` of it (`AUTH0_DOMAIN`).
 */
export function secretsManagerClients(options: SecretsManagerClientsOptions): OAuthClients {
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
      const auth = options.authOf(provider)
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
      return { provider, clientId, clientSecret: new Secret(secret ?? ''), auth: addressed(auth, value) }
    },
  }
}

function addressed(
  auth: OAuthClient['auth'],
  value: (name: string) => string | undefined,
): OAuthClient['auth'] {
  const filled = (url: string): string =>
    url.replaceAll(/\{(\w+)\}/g, (whole, name: string) => value(name.toUpperCase()) ?? whole)
  const revokeUrl = value('REVOKE_URL') ?? (auth.revokeUrl === undefined ? undefined : filled(auth.revokeUrl))
  return {
    ...auth,
    authorizeUrl: value('AUTHORIZE_URL') ?? filled(auth.authorizeUrl),
    tokenUrl: value('TOKEN_URL') ?? filled(auth.tokenUrl),
    ...(revokeUrl !== undefined && { revokeUrl }),
  }
}

async function read(provider: string, { client, stage }: SecretsManagerClientsOptions): Promise<Values> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretName(stage, provider) })
    const document: unknown = JSON.parse((await client.send(command)).SecretString ?? '{}')
    return typeof document === 'object' && document !== null ? (document as Values) : {}
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return {}
    throw error
  }
}

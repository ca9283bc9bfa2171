import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secretRefresh } from '../config/defaults.ts'
import { secretName, shout } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { AnyGrant, OAuthClient, OAuthClients } from './client.ts'
import { addressesOf, filledIn, type Addresses, type SettingOf } from './fill-in.ts'
import type { SigningKey } from './signed-jwt.ts'

export interface SecretsManagerClientsOptions<Auth extends AnyGrant> {
  readonly client: Pick<SecretsManagerClient, 'send'>
  readonly stage: string
  /** How a provider lets calls in; `undefined` where it has no grant of this kind. */
  readonly authOf: (provider: string) => Auth | undefined | Promise<Auth | undefined>
  /** Values in the environment win. */
  readonly fromEnvironment: (name: string) => string | undefined
  readonly clock: Clock
  /** Where a provider's addresses are; default: in its declaration and the registration. */
  readonly locate?: Locate<Auth>
}

type Located<Auth extends AnyGrant> = Partial<Auth> | Addresses | undefined

/** What replaces parts of a declaration; `undefined` while its addresses are nobody's. */
type Locate<Auth extends AnyGrant> = (auth: Auth, value: SettingOf) => Located<Auth> | Promise<Located<Auth>>

type Values = Readonly<Record<string, unknown>>

/**
 * Registrations from the provider's secret `sluice/{stage}/{provider}`: `…_CLIENT_ID`, `…_CLIENT_SECRET` or
 * `…_CLIENT_PRIVATE_KEY` (and `…_CLIENT_KEY_ID`, what the provider calls that key), and addresses that point it elsewhere
 * (`…_AUTHORIZE_URL`, `…_TOKEN_URL`, `…_REVOKE_URL`) or fill in a `{param}` of it (`AUTH0_DOMAIN`). What an issuer says in
 * their place is found by `locate`.
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
      const value: SettingOf = (name) => {
        const full = `${shout(provider)}_${name}`
        const stored = values[full]
        return (
          options.fromEnvironment(full) ?? (typeof stored === 'string' && stored !== '' ? stored : undefined)
        )
      }
      return clientOf(provider, auth, value, options.locate ?? addressesOf)
    },
  }
}

async function clientOf<Auth extends AnyGrant>(
  provider: string,
  declared: Auth,
  value: SettingOf,
  locate: Locate<Auth>,
): Promise<OAuthClient<Auth> | undefined> {
  const [clientId, secret, privateKey] = [value('CLIENT_ID'), value('CLIENT_SECRET'), keyOf(value)]
  const auth = filledIn(byKey(declared, privateKey), value)
  const isReady = hasSecretFor(auth, secret) && hasKeyFor(auth, secret, privateKey)
  if (clientId === undefined || !isReady) return undefined
  const located = await locate(auth, value)
  if (!located) return undefined
  return {
    provider,
    clientId,
    clientSecret: new Secret(secret ?? ''),
    ...(privateKey && { privateKey }),
    auth: { ...auth, ...located },
  }
}

function keyOf(value: SettingOf): SigningKey | undefined {
  const [pem, id] = [value('CLIENT_PRIVATE_KEY'), value('CLIENT_KEY_ID')]
  return pem === undefined ? undefined : { pem: new Secret(pem), ...(id !== undefined && { id }) }
}

/** A client with a key says who it is by that, where the provider takes it. */
const byKey = <Auth extends AnyGrant>(auth: Auth, key: SigningKey | undefined): Auth =>
  key && 'clientAssertion' in auth && auth.clientAssertion ? { ...auth, clientAuth: 'private-key-jwt' } : auth

const hasSecretFor = ({ kind, clientAuth }: AnyGrant, secret: string | undefined): boolean =>
  secret !== undefined || !(kind === 'password' || clientAuth === 'basic' || clientAuth === 'body')

/** Who signs for itself may have its key in the place of the secret. */
function hasKeyFor(auth: AnyGrant, secret: string | undefined, key: SigningKey | undefined): boolean {
  if (auth.kind === 'jwt-bearer' || auth.kind === 'delegated-jwt') return (key ?? secret) !== undefined
  const needsKey = auth.clientAuth === 'private-key-jwt' || ('installation' in auth && auth.installation)
  return !needsKey || key !== undefined
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

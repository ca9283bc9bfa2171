import { randomBytes } from 'node:crypto'
import { machineSecretSources, lookUpSecret, type SecretSources } from '#lib/config/secret-lookup.ts'
import { env as names, secretName } from '#lib/config/names.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { callAwsJson, found } from './services/call.ts'

/** One secret that the configuration asks for. */
export interface WantedSecret {
  readonly provider: string
  /** `STRIPE_WEBHOOK_SECRET` */
  readonly name: string
}

export interface SecretOptions {
  /** Of Secrets Manager. */
  readonly endpoint: string
  readonly stage: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Folder of `.env`. */
  readonly folder: string
}

/** The token of the API and the console, and where it came from. */
export interface AdminToken {
  readonly token: string
  readonly from: string
}

type Values = Readonly<Record<string, string>>

/**
 * Brings each wanted secret into the local Secrets Manager: from the environment, `.env` or a private file where there
 * is one, else what is already there, else a new random one. Answers where each came from, never a value.
 * @throws SluiceError `MISCONFIGURED` when a file that holds one can be read by others.
 */
export async function seedSecrets(
  wanted: readonly WantedSecret[],
  options: SecretOptions,
): Promise<ReadonlyMap<string, string>> {
  const sources = sourcesOf(options)
  const origins = new Map<string, string>()
  for (const provider of new Set(wanted.map((secret) => secret.provider))) {
    const id = secretName(options.stage, provider)
    const held = await readSecret(options.endpoint, id)
    const values: Record<string, string> = { ...held }
    for (const { name } of wanted.filter((secret) => secret.provider === provider)) {
      const given = lookUpSecret(provider, name, sources)
      const kept = held?.[name]
      values[name] = given?.secret.reveal() ?? kept ?? generated(provider)
      origins.set(name, given?.from ?? (kept === undefined ? 'generated' : 'kept from the last start'))
    }
    await writeSecret(options.endpoint, id, values, held !== undefined)
  }
  return origins
}

/**
 * The admin token: the one that this machine names, else the one that the template's secret was made with. The secret
 * holds it afterwards.
 */
export async function seedAdminToken(secretId: string, options: SecretOptions): Promise<AdminToken> {
  const held = await readSecret(options.endpoint, secretId)
  const given = lookUpSecret('sluice', names.adminToken, sourcesOf(options))
  const token = given?.secret.reveal() ?? held?.[names.adminToken] ?? randomBytes(32).toString('base64url')
  if (token !== held?.[names.adminToken])
    await writeSecret(options.endpoint, secretId, { ...held, [names.adminToken]: token }, held !== undefined)
  return { token, from: given?.from ?? 'generated' }
}

/** Puts a provider's values in the place of whatever the local Secrets Manager holds under their names. */
export async function putSecret(
  provider: string,
  { endpoint, stage }: Pick<SecretOptions, 'endpoint' | 'stage'>,
  values: Values,
): Promise<void> {
  const id = secretName(stage, provider)
  const held = await readSecret(endpoint, id)
  await writeSecret(endpoint, id, { ...held, ...values }, held !== undefined)
}

/**
 * The first of the values that the local Secrets Manager holds under a name.
 * @throws Error when it holds none.
 */
export async function heldSecret(
  { provider, name }: WantedSecret,
  { endpoint, stage }: Pick<SecretOptions, 'endpoint' | 'stage'>,
): Promise<Secret> {
  const value = (await readSecret(endpoint, secretName(stage, provider)))?.[name]?.split(',')[0]
  if (!value) throw new Error(`the local Secrets Manager has no ${name}`)
  return new Secret(value)
}

const sourcesOf = ({ environment, folder }: SecretOptions): SecretSources => ({
  ...machineSecretSources(folder),
  environment: (name) => environment[name],
})

/** Text that every scheme takes as a key: it is UTF-8, hex and base64 at once, after what its provider puts before it. */
const generated = (provider: string): string =>
  `${prefixes.get(provider) ?? ''}${randomBytes(32).toString('hex')}`

const prefixes = new Map([
  ['stripe', 'whsec_'],
  ['standard-webhooks', 'whsec_'],
  ['sandbox', 'whsec_'],
  ['mixpanel', 'sluice:'],
])

async function readSecret(endpoint: string, SecretId: string): Promise<Values | undefined> {
  const answer = await found(callAwsJson(endpoint, 'secretsmanager.GetSecretValue', { SecretId }))
  return answer && (JSON.parse(String(answer['SecretString'])) as Values)
}

async function writeSecret(endpoint: string, id: string, values: Values, exists: boolean): Promise<void> {
  const SecretString = JSON.stringify(values)
  if (exists) await callAwsJson(endpoint, 'secretsmanager.PutSecretValue', { SecretId: id, SecretString })
  else await callAwsJson(endpoint, 'secretsmanager.CreateSecret', { Name: id, SecretString })
}

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secretRefresh } from '../config/defaults.ts'
import { secretName } from '../config/names.ts'
import { describeError, errorName } from '../errors/sluice-error.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { fullJitter } from '../primitives/backoff.ts'
import type { Random } from '../primitives/random.ts'
import { Secret } from '../primitives/secret.ts'
import type { Log } from '../telemetry/log.ts'
import type { Directory, Endpoint } from './directory.ts'
import type { LiveSecrets, SigningSecrets } from './secrets.ts'

export interface SecretsManagerOptions {
  readonly client: Pick<SecretsManagerClient, 'send'>
  readonly stage: string
  readonly directory: Directory
  /** Secrets set in the environment win, and their provider is then never asked for. */
  readonly fromEnvironment: (name: string) => string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

type Values = Readonly<Record<string, string>>

/** After a failure the next load comes sooner than the usual refresh. */
const reload = { baseMs: 2_000, capMs: 60_000 } as const

/**
 * One secret per provider, `sluice/{stage}/{provider}`, a JSON object of names and values. Loading starts at once, is
 * repeated in the background, and what was loaded is served on when a later load fails.
 */
export function secretsManagerSecrets(options: SecretsManagerOptions): SigningSecrets {
  const providers = new Map<string, ProviderSecrets>()
  const secretsIn = splitOnce()
  for (const { provider } of options.directory.endpoints.filter((it) => !inEnvironment(it, options))) {
    if (!providers.has(provider)) providers.set(provider, providerSecrets(provider, options))
  }
  return {
    async of(endpoint): Promise<LiveSecrets> {
      const own = options.fromEnvironment(endpoint.secretName)
      if (own !== undefined) return { kind: 'loaded', secrets: secretsIn(own) }
      const values = await providers.get(endpoint.provider)?.values()
      if (!values) return { kind: 'unavailable' }
      return { kind: 'loaded', secrets: secretsIn(values[endpoint.secretName] ?? '') }
    },
  }
}

interface ProviderSecrets {
  /** Waits for the first load only; `undefined` while none has succeeded. */
  values(): Promise<Values | undefined>
}

function providerSecrets(provider: string, options: SecretsManagerOptions): ProviderSecrets {
  let current: Values | undefined
  let failures = 0
  const load = async (): Promise<void> => {
    try {
      current = await fetchValues(provider, options)
      failures = 0
    } catch (error) {
      failures += 1
      options.log('error', 'signing secrets could not be loaded', { provider, error: describeError(error) })
      // Added to the base so that a store that is down is not asked in a tight loop.
      const delay = ms(reload.baseMs + fullJitter(reload, failures, options.random))
      options.clock.after(delay, () => void load())
    }
  }
  const first = load()
  options.clock.every(secretRefresh, () => void load())
  return { values: () => first.then(() => current) }
}

/** A provider without a secret is an operator's omission, not a fault of the store: its endpoints are misconfigured. */
async function fetchValues(provider: string, options: SecretsManagerOptions): Promise<Values> {
  const text = await fetchText(secretName(options.stage, provider), options)
  const values = text === undefined ? {} : parseValues(text)
  if (!values) throw new TypeError('the secret is not a JSON object')
  return values
}

async function fetchText(name: string, { client }: SecretsManagerOptions): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return undefined
    throw error
  }
}

/** `undefined` for what is not a JSON object. The parser's own message would quote what it could not parse: a secret. */
function parseValues(text: string): Values | undefined {
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document !== 'object' || document === null) return undefined
    return Object.fromEntries(
      Object.entries(document).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
  } catch {
    return undefined
  }
}

const inEnvironment = (endpoint: Endpoint, { fromEnvironment }: SecretsManagerOptions): boolean =>
  fromEnvironment(endpoint.secretName) !== undefined

/** A comma separates the two secrets that are live during a rotation. */
const split = (text: string): readonly Secret[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => new Secret(part))

/** Splits each text once, so that equal text gives the same secrets, and what is derived from them is derived once. */
function splitOnce(): (text: string) => readonly Secret[] {
  const known = new Map<string, readonly Secret[]>()
  return (text) => {
    const secrets = known.get(text) ?? split(text)
    known.set(text, secrets)
    return secrets
  }
}

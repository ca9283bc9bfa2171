import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secretRefresh } from '../config/defaults.ts'
import { env } from '../config/names.ts'
import { describeError } from '../errors/sluice-error.ts'
import { seconds, type Clock } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { Log } from '../telemetry/log.ts'
import type { AdminToken } from './admin-token.ts'

export interface AdminTokenOptions {
  readonly client: Pick<SecretsManagerClient, 'send'>
  /** What the secret is called, there and in the environment. Default: the admin token. */
  readonly name?: string
  /** The token itself, where the environment has it: the secret is then never read. */
  readonly fromEnvironment: string | undefined
  /** Name or ARN of the secret: a JSON object with the token under the variable's name. */
  readonly secretId: string | undefined
  readonly clock: Clock
  readonly log: Log
}

const retryDelay = seconds(5)

/** Loads the token at start, again every five minutes, and never because of a request. A failed load changes nothing. */
export function secretsManagerAdminToken(options: AdminTokenOptions): AdminToken {
  const { fromEnvironment, secretId, clock, log } = options
  const fixed = toSecret(fromEnvironment)
  if (fixed || secretId === undefined) return () => Promise.resolve(fixed)
  let current: Secret | undefined
  const load = async (): Promise<void> => {
    try {
      current = await fetchToken(secretId, options)
    } catch (error) {
      log('error', 'the admin token could not be loaded', { error: describeError(error) })
      clock.after(retryDelay, () => void load())
    }
  }
  const first = load()
  clock.every(secretRefresh, () => void load())
  return () => first.then(() => current)
}

async function fetchToken(
  secretId: string,
  { client, name = env.adminToken }: AdminTokenOptions,
): Promise<Secret> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  const token = toSecret(readToken(SecretString, name))
  if (!token) throw new TypeError(`the secret has no ${name}`)
  return token
}

/** The parser's own message would quote what it could not parse: a secret. */
function readToken(text: string, name: string): string | undefined {
  try {
    const value = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.[name]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

const toSecret = (text: string | undefined): Secret | undefined => {
  const token = text?.trim()
  return token ? new Secret(token) : undefined
}

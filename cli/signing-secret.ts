import { secretName } from '#lib/config/names.ts'
import { lookUpSecret, secretFileName, type FoundSecret } from '#lib/config/secret-lookup.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import type { Target } from './target.ts'

/**
 * What to sign an endpoint's webhooks with: from the environment, `.env`, `~/.config`, else from the local stack's
 * Secrets Manager. Of the two secrets of a rotation the first, as the newer one.
 * @throws Failure when there is none, naming every place where one may be put.
 */
export async function signingSecret(endpoint: Endpoint, target: Target, io: Io): Promise<FoundSecret> {
  const { provider, secretName: name } = endpoint
  const found = lookUpSecret(provider, name, io.secretSources) ?? (await fromStack(endpoint, target, io))
  const first = found?.secret
    .reveal()
    .split(',')
    .map((part) => part.trim())
    .find((part) => part !== '')
  if (found && first !== undefined) return { ...found, secret: new Secret(first) }
  throw new Failure(
    'no_secret',
    `there is no secret to sign with: set ${name} in the environment or in .env, or write it into ` +
      `~/.config/${provider}/${secretFileName(provider, name)} (chmod 600)`,
  )
}

async function fromStack(endpoint: Endpoint, { stack }: Target, io: Io): Promise<FoundSecret | undefined> {
  if (!stack) return undefined
  const { secretsEndpoint, region, stage } = stack
  const store = await io.openSecretStore({ kind: 'local', endpoint: secretsEndpoint, region })
  const name = secretName(stage, endpoint.provider)
  const value = valuesOf(await store.read(name), name)[endpoint.secretName]
  return value === undefined ? undefined : { secret: new Secret(value), from: `the local stack's ${name}` }
}

/**
 * The names and values that one secret holds; none for a secret that does not exist.
 * @throws Failure when it holds something else, without quoting it.
 */
export function valuesOf(secret: Secret | undefined, name: string): Record<string, string> {
  if (!secret) return {}
  const damaged = new Failure('bad_secret', `the secret ${name} holds no JSON object of names and values`)
  let document: unknown
  try {
    document = JSON.parse(secret.reveal())
  } catch {
    // The parser's own message would quote the secret.
    throw damaged
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw damaged
  return document as Record<string, string>
}

import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { clientOptions } from '#lib/aws/client-options.ts'
import { errorName } from '#lib/errors/sluice-error.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { SecretStore, SecretStoreAddress } from './io.ts'

/** A person waits: slower networks than a function's are allowed for. */
const use = { maxAttempts: 3, connectTimeoutMs: 3_000, requestTimeoutMs: 10_000 } as const

/** The local stack's emulator takes any credentials; it is told none that mean anything elsewhere. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Secrets Manager, of the local stack or of the account that the environment's credentials belong to. */
export function openSecretStore(address: SecretStoreAddress): SecretStore {
  const local = address.kind === 'local' && {
    endpoint: address.endpoint,
    region: address.region,
    credentials: localCredentials,
  }
  const client = new SecretsManagerClient({ ...clientOptions(use), ...local })
  return {
    async read(name) {
      const answer = await unlessMissing(() => client.send(new GetSecretValueCommand({ SecretId: name })))
      return answer?.SecretString === undefined ? undefined : new Secret(answer.SecretString)
    },
    async write(name, value) {
      const SecretString = value.reveal()
      const put = () => client.send(new PutSecretValueCommand({ SecretId: name, SecretString }))
      if (await unlessMissing(put)) return
      await client.send(new CreateSecretCommand({ Name: name, SecretString }))
    },
  }
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return undefined
    throw error
  }
}

import { createHash, randomUUID } from 'node:crypto'
import { operations, optionalText, ServiceFault, text, type Json, type Target } from './aws-json.ts'
import { accountId, region } from './place.ts'
import type { State } from './state.ts'

const space = 'secret'

interface StoredSecret {
  readonly arn: string
  readonly value?: string
  readonly version: string
  readonly description?: string
}

/** Secrets that are kept in the clear in the state file, which only its owner may read. Knows the current version alone. */
export function secretsManager(state: State): Target {
  const find = (id: string) => {
    const name = id.startsWith('arn:') ? (id.split(':secret:')[1] ?? '').slice(0, -7) : id
    return { name, secret: state.get(space, name) as StoredSecret | undefined }
  }
  const existing = (input: Json) => {
    const { name, secret } = find(text(input, 'SecretId'))
    if (!secret)
      throw new ServiceFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return { name, secret }
  }
  const save = (name: string, secret: StoredSecret): Json => {
    state.put(space, name, secret)
    return { ARN: secret.arn, Name: name, VersionId: secret.version }
  }
  const update = (input: Json): Json => {
    const { name, secret } = existing(input)
    const value = optionalText(input, 'SecretString')
    return save(name, value === undefined ? secret : { ...secret, value, version: versionOf(input) })
  }

  return operations('Secrets Manager', {
    CreateSecret(input) {
      const name = text(input, 'Name')
      if (find(name).secret)
        throw new ServiceFault('ResourceExistsException', `the secret ${name} already exists`)
      return save(name, created(name, input))
    },
    GetSecretValue(input) {
      const { name, secret } = existing(input)
      if (secret.value === undefined)
        throw new ServiceFault(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        )
      return {
        ARN: secret.arn,
        Name: name,
        VersionId: secret.version,
        SecretString: secret.value,
        VersionStages: ['AWSCURRENT'],
      }
    },
    PutSecretValue: (input) => {
      text(input, 'SecretString')
      return update(input)
    },
    UpdateSecret: update,
    DescribeSecret(input) {
      const { name, secret } = existing(input)
      return { ARN: secret.arn, Name: name, ...(secret.description && { Description: secret.description }) }
    },
    ListSecrets: () => ({
      SecretList: state
        .list(space)
        .map(({ key, value }) => ({ Name: key, ARN: (value as StoredSecret).arn })),
    }),
    DeleteSecret(input) {
      const { name, secret } = existing(input)
      state.delete(space, name)
      return { ARN: secret.arn, Name: name }
    },
  })
}

const versionOf = (input: Json): string => optionalText(input, 'ClientRequestToken') ?? randomUUID()

function created(name: string, input: Json): StoredSecret {
  const value = optionalText(input, 'SecretString')
  const description = optionalText(input, 'Description')
  return {
    arn: secretArn(name),
    version: versionOf(input),
    ...(value !== undefined && { value }),
    ...(description !== undefined && { description }),
  }
}

/** The ARN of a secret: with six characters after the name as in AWS, but the same ones at every start. */
export const secretArn = (name: string): string =>
  `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`

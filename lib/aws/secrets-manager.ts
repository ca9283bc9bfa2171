import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { clientOptions, type AwsUse } from './client-options.ts'

export const secretsManagerClient = (use: AwsUse): SecretsManagerClient =>
  new SecretsManagerClient(clientOptions(use))

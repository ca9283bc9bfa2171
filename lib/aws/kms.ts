import { KMSClient } from '@aws-sdk/client-kms'
import { clientOptions, type AwsUse } from './client-options.ts'

export const kmsClient = (use: AwsUse): KMSClient => new KMSClient(clientOptions(use))

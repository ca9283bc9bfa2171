import { SQSClient } from '@aws-sdk/client-sqs'
import { clientOptions, type AwsUse } from './client-options.ts'

/** MD5 checks of what SQS echoes are off: TLS already protects the bytes, and the envelope carries its own SHA-256. */
export const sqsClient = (use: AwsUse): SQSClient => new SQSClient({ ...clientOptions(use), md5: false })

import type { S3Client } from '@aws-sdk/client-s3'
import { clientOptions, type AwsUse } from './client-options.ts'

/** The S3 client and its commands, loaded on first use: most webhooks never touch the bucket, and the client is the largest part of a bundle. */
export async function s3(use: AwsUse) {
  const sdk = await import('./s3-sdk.ts')
  const client: S3Client = new sdk.S3Client({ ...clientOptions(use), forcePathStyle: true })
  return { client, sdk }
}

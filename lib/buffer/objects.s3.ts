import type { S3Client } from '@aws-sdk/client-s3'
import { errorName } from '../errors/sluice-error.ts'
import type { ObjectStore } from './buffer.ts'

type Sdk = Pick<
  typeof import('@aws-sdk/client-s3'),
  'PutObjectCommand' | 'GetObjectCommand' | 'DeleteObjectCommand' | 'ListObjectsV2Command'
>
type Opened = { readonly client: Pick<S3Client, 'send'>; readonly sdk: Sdk }

export interface S3ObjectsOptions {
  /** Makes the client on first use; asked again only when it failed. */
  readonly open: () => Promise<Opened>
  readonly bucket: string
}

/** Objects in one bucket. Its encryption, lifecycle and access are the bucket's own. */
export function s3Objects({ open, bucket }: S3ObjectsOptions): ObjectStore {
  let opened: Promise<Opened> | undefined
  const use = (): Promise<Opened> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    async put(key, bytes, signal) {
      const { client, sdk } = await use()
      const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes })
      await client.send(command, { abortSignal: signal })
    },
    async get(key, signal) {
      const { client, sdk } = await use()
      try {
        const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key })
        const answer = await client.send(command, { abortSignal: signal })
        return await answer.Body?.transformToByteArray()
      } catch (error) {
        if (errorName(error) === 'NoSuchKey') return undefined
        throw error
      }
    },
    async delete(key, signal) {
      const { client, sdk } = await use()
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
    },
    async list(prefix, limit, signal) {
      const { client, sdk } = await use()
      const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: limit })
      const { Contents = [] } = await client.send(command, { abortSignal: signal })
      return Contents.flatMap(({ Key }) => Key ?? [])
    },
  }
}

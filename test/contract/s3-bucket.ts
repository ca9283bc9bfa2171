import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import type { Target } from './targets.ts'

const Bucket = 'cases'

/** What the cases do most, in one bucket. */
export interface Objects {
  put(key: string, body: Uint8Array | string, bucket?: string): Promise<unknown>
  get(key: string): Promise<Uint8Array | undefined>
  remove(key: string): Promise<unknown>
  list(
    prefix: string,
    most?: number,
    from?: string,
  ): Promise<{ readonly keys: readonly (string | undefined)[]; readonly next: string | undefined }>
}

/** Opens `target` for the tests of one `describe`. */
export function useBucket({ open }: Target<S3Client>): Objects {
  const opened = Promise.withResolvers<Pick<S3Client, 'send'>>()
  let close = async () => {}
  beforeAll(async () => {
    const { client, ...target } = await open()
    close = () => target.close()
    await client.send(new CreateBucketCommand({ Bucket }))
    opened.resolve(client)
  })
  afterAll(() => close())
  return {
    async put(Key, body, bucket = Bucket) {
      const Body = typeof body === 'string' ? new TextEncoder().encode(body) : body
      return (await opened.promise).send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
    },
    async get(Key) {
      const { Body } = await (await opened.promise).send(new GetObjectCommand({ Bucket, Key }))
      return Body?.transformToByteArray()
    },
    remove: async (Key) => (await opened.promise).send(new DeleteObjectCommand({ Bucket, Key })),
    async list(Prefix, MaxKeys, ContinuationToken) {
      const command = new ListObjectsV2Command({
        Bucket,
        Prefix,
        ...(MaxKeys !== undefined && { MaxKeys }),
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      })
      const page = await (await opened.promise).send(command)
      return { keys: (page.Contents ?? []).map(({ Key }) => Key), next: page.NextContinuationToken }
    },
  }
}

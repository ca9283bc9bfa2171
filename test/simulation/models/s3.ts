import type {
  DeleteObjectCommandInput,
  GetObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { serviceError, type Command, type Model } from './model.ts'

export interface SimS3 extends Model {
  readonly objects: ReadonlyMap<string, Uint8Array>
}

/** One bucket: strongly consistent, as S3 is. */
export function simS3(): SimS3 {
  const objects = new Map<string, Uint8Array>()
  const operations: Readonly<Record<string, (input: never) => object>> = {
    PutObjectCommand: ({ Key = '', Body }: PutObjectCommandInput) => {
      objects.set(Key, Uint8Array.from(Body as Uint8Array))
      return {}
    },
    GetObjectCommand: ({ Key = '' }: GetObjectCommandInput) => {
      const bytes = objects.get(Key)
      if (!bytes) throw serviceError('NoSuchKey', 'The specified key does not exist.')
      return { Body: { transformToByteArray: () => Promise.resolve(bytes) } }
    },
    DeleteObjectCommand: ({ Key = '' }: DeleteObjectCommandInput) => {
      objects.delete(Key)
      return {}
    },
    ListObjectsV2Command: ({ Prefix = '', MaxKeys = 1_000 }: ListObjectsV2CommandInput) => ({
      Contents: [...objects.keys()]
        .filter((key) => key.startsWith(Prefix))
        .toSorted()
        .slice(0, MaxKeys)
        .map((Key) => ({ Key })),
    }),
  }
  return {
    objects,
    apply: (command: Command) => {
      const operation = operations[command.constructor.name]
      if (!operation) throw serviceError('NotImplemented', command.constructor.name)
      return operation(command.input as never)
    },
  }
}

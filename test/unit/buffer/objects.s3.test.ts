import type { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import * as sdk from '#lib/aws/s3-sdk.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'

const signal = new AbortController().signal

function givenBucket(answer: (input: Record<string, unknown>) => unknown = () => ({})) {
  const sent: { operation: string; input: Record<string, unknown> }[] = []
  const send = async (command: { input: Record<string, unknown>; constructor: { name: string } }) => {
    sent.push({ operation: command.constructor.name, input: command.input })
    return answer(command.input)
  }
  const client = { send } as unknown as Pick<S3Client, 'send'>
  const opens: ('fails' | 'succeeds')[] = []
  const opened = { count: 0 }
  const open = async () => {
    opened.count += 1
    if (opens.shift() === 'fails') throw new Error('no chunk')
    return { client, sdk }
  }
  return { sent, opened, opens, objects: s3Objects({ open, bucket: 'bucket' }) }
}

const failWith = (name: string) => (): never => {
  throw Object.assign(new Error('not there'), { name })
}

test('the client is made once, on first use, also by two uses at the same time', async () => {
  const { opened, objects } = givenBucket()
  expect(opened.count).toBe(0)
  await Promise.all([objects.delete('a', signal), objects.delete('b', signal)])
  expect(opened.count).toBe(1)
})

test('a client that could not be made is made again by the next use', async () => {
  const { opened, opens, objects } = givenBucket()
  opens.push('fails')
  await expect(objects.delete('a', signal)).rejects.toThrow('no chunk')
  await objects.delete('a', signal)
  expect(opened.count).toBe(2)
})

test('bytes go under their key', async () => {
  const { sent, objects } = givenBucket()
  const bytes = Uint8Array.of(1, 2)
  await objects.put('spill/1', bytes, signal)
  expect(sent).toEqual([
    { operation: 'PutObjectCommand', input: { Bucket: 'bucket', Key: 'spill/1', Body: bytes } },
  ])
})

test('a missing object is undefined; any other fault is thrown', async () => {
  expect(await givenBucket(failWith('NoSuchKey')).objects.get('a', signal)).toBeUndefined()
  await expect(givenBucket(failWith('AccessDenied')).objects.get('a', signal)).rejects.toThrow()
})

test('an object comes back as its bytes', async () => {
  const bytes = Uint8Array.of(0xff, 0)
  const { objects } = givenBucket(() => ({ Body: { transformToByteArray: async () => bytes } }))
  expect(await objects.get('a', signal)).toBe(bytes)
})

test('keys are listed up to a limit; an empty bucket has none', async () => {
  const { sent, objects } = givenBucket(() => ({ Contents: [{ Key: 'spill/1' }, {}] }))
  expect(await objects.list('spill/', 10, signal)).toEqual(['spill/1'])
  expect(sent[0]?.input).toEqual({ Bucket: 'bucket', Prefix: 'spill/', MaxKeys: 10 })
  expect(await givenBucket().objects.list('spill/', 10, signal)).toEqual([])
})

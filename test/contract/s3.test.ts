import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { s3Targets } from './targets.ts'

const Bucket = 'cases'

describe.each(s3Targets)('S3 on $name', ({ open }) => {
  let client: Pick<S3Client, 'send'>
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await open()
    client = opened.client
    close = () => opened.close()
    await client.send(new CreateBucketCommand({ Bucket }))
  })
  afterAll(() => close())

  const put = (Key: string, Body: Uint8Array | string) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }))
  const get = async (Key: string): Promise<Uint8Array | undefined> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    return Body?.transformToByteArray()
  }
  const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }))
  const list = async (Prefix: string, MaxKeys?: number, ContinuationToken?: string) => {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix,
        ...(MaxKeys !== undefined && { MaxKeys }),
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      }),
    )
    return { keys: (page.Contents ?? []).map(({ Key }) => Key), next: page.NextContinuationToken }
  }

  test.each([
    ['every byte', Uint8Array.from({ length: 256 }, (_, n) => n)],
    ['nothing', new Uint8Array()],
    ['4 MiB', new Uint8Array(4_194_304).fill(0xa5)],
  ])('an object of %s comes back byte for byte', async (name, bytes) => {
    await put(`bytes/${name.replace(' ', '-')}`, bytes)
    const found = await get(`bytes/${name.replace(' ', '-')}`)
    expect(Buffer.compare(found ?? new Uint8Array([1]), bytes)).toBe(0)
  })

  test('the last of two puts under one key stays', async () => {
    await put('twice', 'first')
    await put('twice', 'second')
    expect(Buffer.from((await get('twice')) ?? []).toString()).toBe('second')
  })

  test('an object that is not there is NoSuchKey', () =>
    expect(get('missing')).rejects.toMatchObject({ name: 'NoSuchKey' }))

  test('a bucket that is not there is NoSuchBucket', () =>
    expect(
      client.send(new PutObjectCommand({ Bucket: 'nowhere', Key: 'x', Body: 'x' })),
    ).rejects.toMatchObject({ name: 'NoSuchBucket' }))

  test('a delete removes; a second one is no fault', async () => {
    await put('gone', 'x')
    await remove('gone')
    await expect(get('gone')).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(remove('gone')).resolves.toBeDefined()
  })

  test('a list is of one prefix, in the order of its bytes', async () => {
    for (const key of ['list/b', 'list/a', 'list/B', 'list/a/1', 'listed']) await put(key, 'x')
    expect((await list('list/')).keys).toEqual(['list/B', 'list/a', 'list/a/1', 'list/b'])
  })

  test('pages of a list join without gap or repetition', async () => {
    // Capitals come first in bytes, last in most languages.
    const keys = ['A', 'B', 'C', '_', 'a', 'b', 'c'].map((name) => `pages/${name}`)
    for (const key of keys) await put(key, 'x')
    const seen: (string | undefined)[] = []
    let next: string | undefined
    do {
      const page = await list('pages/', 3, next)
      expect(page.keys.length).toBeLessThanOrEqual(3)
      seen.push(...page.keys)
      next = page.next
    } while (next)
    expect(seen).toEqual(keys)
  })

  test('a list of nothing is empty', async () => expect((await list('nothing/')).keys).toEqual([]))

  test('a key of letters, digits, "_", "-", "=" and "." is found under its name', async () => {
    const key = 'bodies/tenant_1-x/Ab-_9=.json'
    await put(key, 'x')
    expect((await list('bodies/tenant_1-x/')).keys).toEqual([key])
    expect(await get(key)).toBeDefined()
  })
})

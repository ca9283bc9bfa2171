import { describe, expect, test } from 'vitest'
import { useBucket } from './s3-bucket.ts'
import { s3Targets } from './targets.ts'

describe.each(s3Targets)('S3, what Sluice calls, on $name', (target) => {
  const { put, get, remove, list } = useBucket(target)

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

  test('a list of nothing is empty', async () => expect((await list('nothing/')).keys).toEqual([]))

  test('a key of letters, digits, "_", "-", "=" and "." is found under its name', async () => {
    const key = 'bodies/tenant_1-x/Ab-_9=.json'
    await put(key, 'x')
    expect((await list('bodies/tenant_1-x/')).keys).toEqual([key])
    expect(await get(key)).toBeDefined()
  })
})

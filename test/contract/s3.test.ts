import { describe, expect, test } from 'vitest'
import { useBucket } from './s3-bucket.ts'
import { s3Servers } from './targets.ts'

describe.each(s3Servers)('S3 on $name', (target) => {
  const { put, list } = useBucket(target)

  test('a bucket that is not there is NoSuchBucket', () =>
    expect(put('x', 'x', 'nowhere')).rejects.toMatchObject({ name: 'NoSuchBucket' }))

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
})

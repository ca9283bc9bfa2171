import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { guarded, mergeThreeWay, versioned, type Plain, type Versioned } from '#lib/outbound/merge.ts'
import { update } from '#lib/outbound/update.ts'

const merge = mergeThreeWay

describe('merging', () => {
  test('takes what only one side changed', () => {
    const base = { name: 'a', city: 'x', keep: 1 }
    expect(merge(base, { ...base, name: 'b' }, { ...base, city: 'y' })).toEqual({
      value: { name: 'b', city: 'y', keep: 1 },
      conflicts: [],
    })
  })

  test('goes into objects, and takes an array as one value', () => {
    const base = { address: { street: '1', zip: '2' }, lines: [1, 2] }
    const ours = { address: { street: '9', zip: '2' }, lines: [1, 2, 3] }
    const theirs = { address: { street: '1', zip: '8' }, lines: [1, 2] }
    expect(merge(base, ours, theirs)).toEqual({
      value: { address: { street: '9', zip: '8' }, lines: [1, 2, 3] },
      conflicts: [],
    })
  })

  test('keeps theirs and says so where both changed the same thing differently', () => {
    const merged = merge({ a: { 'b/c': 1 } }, { a: { 'b/c': 2 } }, { a: { 'b/c': 3 } })
    expect(merged.value).toEqual({ a: { 'b/c': 3 } })
    expect(merged.conflicts).toEqual([{ pointer: '/a/b~1c', base: 1, ours: 2, theirs: 3 }])
  })

  test('is content where both changed the same thing alike', () => {
    expect(merge({ a: 1 }, { a: 2 }, { a: 2 })).toEqual({ value: { a: 2 }, conflicts: [] })
  })

  test('deletes what one side deleted, adds what one side added', () => {
    expect(merge({ a: 1, b: 1 }, { b: 1, c: 1 }, { a: 1, b: 1, d: 1 }).value).toEqual({ b: 1, c: 1, d: 1 })
  })

  test('a deletion against a change is a conflict', () => {
    expect(merge({ a: 1 }, {}, { a: 2 }).conflicts).toEqual([
      { pointer: '/a', base: 1, ours: undefined, theirs: 2 },
    ])
  })

  test('B110: a member called __proto__ is a member', () => {
    const theirs = JSON.parse('{"__proto__":{"polluted":true}}') as Plain
    const { value } = merge({}, { a: 1 }, theirs)
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('with itself a document is itself; without a change of ours it is theirs; without theirs ours', () => {
    const document = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(document, document, (base, other) => {
        expect(merge(base, base, base)).toEqual({ value: base, conflicts: [] })
        expect(merge(base, base, other)).toEqual({ value: other, conflicts: [] })
        expect(merge(base, other, base)).toEqual({ value: other, conflicts: [] })
      }),
    )
  })
})

describe('versions', () => {
  const headers = new Headers({ etag: '"v7"' })

  test('an ETag goes back as If-Match', () => {
    const read = versioned({ kind: 'etag' }, { headers, document: { a: 1 } })
    expect(read).toEqual({ value: { a: 1 }, version: '"v7"' })
    expect(guarded({ kind: 'etag' }, read as Versioned)).toEqual({
      body: { a: 1 },
      headers: { 'if-match': '"v7"' },
    })
  })

  test('QuickBooks’ SyncToken goes back in the body', () => {
    const concurrency = { kind: 'field', field: 'SyncToken' } as const
    const document = { Customer: { Id: '1', SyncToken: '3' } }
    const read = versioned(concurrency, { headers, document }, '/Customer')
    expect(read?.version).toBe('3')
    expect(guarded(concurrency, { value: { Id: '1' }, version: '4' })).toEqual({
      body: { Id: '1', SyncToken: '4' },
      headers: {},
    })
  })

  test('what is no object has no version, and without one nothing is added', () => {
    expect(versioned({ kind: 'etag' }, { headers, document: [1] })).toBeUndefined()
    expect(guarded(undefined, { value: { a: 1 }, version: 'x' })).toEqual({ body: { a: 1 }, headers: {} })
    expect(versioned({ kind: 'etag' }, { headers: new Headers(), document: {} })?.version).toBeUndefined()
  })
})

/** A thing that refuses writes under an old version; `meanwhile` is written by someone else before our first writes. */
function givenThing(first: Plain, meanwhile: readonly Plain[]) {
  let [value, version] = [first, 1]
  const others = [...meanwhile]
  const writes: Versioned[] = []
  return {
    writes,
    read: (): Promise<Versioned> => Promise.resolve({ value, version: String(version) }),
    write: (next: Versioned): Promise<Plain> => {
      writes.push(next)
      const other = others.shift()
      if (other) [value, version] = [{ ...value, ...other }, version + 1]
      if (next.version !== String(version))
        return Promise.reject(new ApiError({ provider: 'acme', status: 412, kind: 'conflict' }))
      value = next.value
      return Promise.resolve(value)
    },
  }
}

describe('updating', () => {
  const rename = (current: Plain): Plain => ({ ...current, name: 'ours' })

  test('writes once where nobody else does', async () => {
    const thing = givenThing({ name: 'a' }, [])
    expect(await update(rename, thing)).toEqual({ kind: 'written', result: { name: 'ours' } })
    expect(thing.writes).toHaveLength(1)
  })

  test('re-fetches, merges and writes again under the new version', async () => {
    const thing = givenThing({ name: 'a', city: 'x' }, [{ city: 'y' }])
    expect(await update(rename, thing)).toEqual({ kind: 'written', result: { name: 'ours', city: 'y' } })
    expect(thing.writes.map(({ version }) => version)).toEqual(['1', '2'])
  })

  test('writes nothing where both changed the same, unless someone decides', async () => {
    const conflicts = [{ pointer: '/name', base: 'a', ours: 'ours', theirs: 'theirs' }]
    const thing = givenThing({ name: 'a' }, [{ name: 'theirs' }])
    expect(await update(rename, thing)).toEqual({ kind: 'conflicts', conflicts })
    expect(thing.writes).toHaveLength(1)

    const decided = givenThing({ name: 'a' }, [{ name: 'theirs' }])
    const resolve = (merged: Plain): Plain => ({ ...merged, name: 'both' })
    expect(await update(rename, { ...decided, resolve })).toEqual({
      kind: 'written',
      result: { name: 'both' },
    })
  })

  test('gives up after its attempts with the conflict', async () => {
    const thing = givenThing({ name: 'a', n: 0 }, [{ n: 1 }, { n: 2 }, { n: 3 }])
    await expect(update(rename, thing)).rejects.toMatchObject({ kind: 'conflict' })
    expect(thing.writes).toHaveLength(3)
  })

  test('throws every other error as it is, at once', async () => {
    const error = new ApiError({ provider: 'acme', status: 500, kind: 'unavailable' })
    const thing = { ...givenThing({ name: 'a' }, []), write: () => Promise.reject(error) }
    await expect(update(rename, thing)).rejects.toBe(error)
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'B102: %d attempts are none',
    async (attempts) => {
      await expect(update(rename, givenThing({}, []), attempts)).rejects.toThrow(RangeError)
    },
  )
})

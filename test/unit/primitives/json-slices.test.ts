import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonSlices } from '#lib/primitives/json-slices.ts'

const texts = (text: string, pattern: string) => jsonSlices(text, pattern)?.map((slice) => slice.text)

describe('slices of a JSON text', () => {
  test('are the members of an array as they are written, digits and spaces included', () => {
    const text = ' [ {"n": 12345678901234567890 },\r\n"a,]}", 1.50 , [ ] ,null]\r\n'
    expect(texts(text, '/*')).toEqual(['{"n": 12345678901234567890 }', '"a,]}"', '1.50', '[ ]', 'null'])
  })

  test('come with what the first star stands for', () => {
    const text = '{"r":[{"id":1,"e":[{"k":"a"},{"k":"b"}]},{"id":2,"e":[{"k":"c"}]}]}'
    expect(jsonSlices(text, '/r/*/e/*')).toEqual([
      { text: '{"k":"a"}', outer: '{"id":1,"e":[{"k":"a"},{"k":"b"}]}' },
      { text: '{"k":"b"}', outer: '{"id":1,"e":[{"k":"a"},{"k":"b"}]}' },
      { text: '{"k":"c"}', outer: '{"id":2,"e":[{"k":"c"}]}' },
    ])
  })

  test('follow the last of several members of one name, as JSON.parse does', () => {
    expect(texts('{"a":[1],"a":[2,3]}', '/a/*')).toEqual(['2', '3'])
  })

  test.each([
    ['{}', '/*'],
    ['[]', '/a/*'],
    ['{"a":{}}', '/a/*'],
    ['7', '/*'],
    ['[{"e":[]},{"e":1}]', '/*/e/*'],
  ])('are none of %s at %s', (text, pattern) => expect(jsonSlices(text, pattern)).toBeUndefined())

  test('go to one member of an array by its number', () => {
    expect(texts('{"a":[{"b":[1, 2]},{"b":[ 3 ]}]}', '/a/1/b/*')).toEqual(['3'])
    expect(texts('[[1],[2]]', '/0/*')).toEqual(['1'])
    expect(texts('[[1]]', '/1/*')).toBeUndefined()
    expect(texts('[[1]]', '/01/*')).toBeUndefined()
  })

  test('of an empty array are none, which is not the same', () => expect(texts('[]', '/*')).toEqual([]))

  test('take depth without taking stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(texts(`[${deep},1]`, '/*')).toEqual([deep, '1'])
  })

  test('are what JSON.parse finds, for any document in any spelling', () => {
    const spelling = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spelling, (members, indent) => {
        const slices = texts(JSON.stringify({ a: members }, undefined, indent), '/a/*') ?? []
        expect(slices.map((slice) => JSON.parse(slice) as unknown)).toEqual(
          JSON.parse(JSON.stringify(members)),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, fromHex, hashTuple, sameBytes, toBase64 } from '#lib/primitives/bytes.ts'

describe('strict base64', () => {
  test('what toBase64 writes comes back byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test.each(['YQ', 'YQ=', 'YQ===', 'Y Q=', 'YQ==\n', 'YR==', '_-8=', 'Y!==', '====', 'YWI=YWI='])(
    'B007: %j is refused where Buffer would guess',
    (text) => expect(fromBase64(text)).toBeUndefined(),
  )

  test('any text that is accepted is the canonical form of its bytes', () => {
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        const bytes = fromBase64(text)
        expect(bytes === undefined || bytes.toString('base64') === text).toBe(true)
      }),
    )
  })
})

describe('strict hex', () => {
  test.each(['zz', 'abc', 'AB', '12zz', ' 12', '12\n'])('B004, B005: %j is refused', (text) =>
    expect(fromHex(text)).toBeUndefined(),
  )

  test('lower-case pairs are read', () => expect(fromHex('00ff10')).toEqual(Buffer.from([0, 255, 16])))
})

describe('comparing digests', () => {
  test('two empty digests are not equal', () =>
    expect(sameBytes(new Uint8Array(), new Uint8Array())).toBe(false))
  test('other lengths compare without throwing', () =>
    expect(sameBytes(new Uint8Array(3), new Uint8Array(4))).toBe(false))
  test('equal bytes are equal', () => expect(sameBytes(Buffer.from('abc'), Buffer.from('abc'))).toBe(true))
})

test('I11: moving a boundary inside a tuple changes its hash', () => {
  const parts = fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const equal = JSON.stringify(a) === JSON.stringify(b)
      expect(hashTuple(...a).equals(hashTuple(...b))).toBe(equal)
    }),
  )
  expect(hashTuple('ab', 'c').equals(hashTuple('a', 'bc'))).toBe(false)
  expect(hashTuple('1:a').equals(hashTuple('', 'a'))).toBe(false)
})

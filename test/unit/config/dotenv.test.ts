import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { parseDotenv } from '#lib/config/dotenv.ts'

const parsed = (text: string) => Object.fromEntries(parseDotenv(text))

test('names and values come as they are written, without the white space around them', () => {
  expect(parsed('A=1\n  B = two words  \nexport C=3\nexport D\nE=')).toEqual({
    A: '1',
    B: 'two words',
    C: '3',
    E: '',
  })
})

test('a byte order mark and the line ends of every system are no part of a value', () => {
  expect(parsed('\uFEFFA=1\r\nB="2"\rC=3')).toEqual({ A: '1', B: '2', C: '3' })
})

test('a # inside a secret stays; after white space or at the start of a line it begins a comment', () => {
  expect(parsed('A=ab#cd\nB=ab #cd\n# C=1\n  # D="\nE="a # b" # c\nF=#x')).toEqual({
    A: 'ab#cd',
    B: 'ab',
    E: 'a # b',
    F: '',
  })
})

test('double quotes know escapes, single quotes none, and both may span lines', () => {
  expect(parsed(String.raw`A="a\nb\"c\\"` + '\n' + String.raw`B='a\nb'` + '\nC="1\n2"\nD=3')).toEqual({
    A: 'a\nb"c\\',
    B: String.raw`a\nb`,
    C: '1\n2',
    D: '3',
  })
})

test('the last of two equal names wins, and a name like __proto__ is a name like any other', () => {
  expect([...parseDotenv('A=1\nA=2\n__proto__=3')]).toEqual([
    ['A', '2'],
    ['__proto__', '3'],
  ])
})

test.each([
  ['A=1\nSECRET: hush', '.env: line 2 is not NAME=value'],
  ['A=1\n\nB="hush', '.env: line 3 opens a " that nothing closes'],
  ["A='hush' hush", '.env: line 1 has text after the closing quote'],
])('a line that can not be read is named by its number, its text is not shown', (text, message) => {
  expect(() => parseDotenv(text)).toThrow(expect.objectContaining({ code: 'MISCONFIGURED', message }))
})

test('every value survives in double quotes with its backslashes and quotes escaped', () => {
  const text = string().filter((it) => !it.includes('\r'))
  assert(
    property(text, (value) => {
      const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
      expect(parseDotenv(`A="${quoted}"\nB=1`)).toEqual(
        new Map([
          ['A', value],
          ['B', '1'],
        ]),
      )
    }),
  )
})

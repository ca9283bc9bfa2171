import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { rememberExpressions } from '#infra/local/services/expression-cache.ts'

interface Parser {
  parse(expression: string, options: object): unknown
}
const require = createRequire(import.meta.url)
const modules = { condition: 'dynalite/db/conditionParser', update: 'dynalite/db/updateParser' } as const
const parsers = Object.values(modules).map((name) => require(name) as Parser)
const plain = parsers.map((parser) => parser.parse)
rememberExpressions()
const [conditions, updates] = parsers as [Parser, Parser]
const [plainConditions, plainUpdates] = plain as [Parser['parse'], Parser['parse']]

const names = { '#a': 'st', '#b': 'toString', '#unused': 'x' }

/**
 * What came of it: the answer, or what was complained of, and which names and values nothing has used yet. `used`: what another
 * expression of the request had used before.
 */
function outcome(parse: Parser['parse'], expression: string, values: object, used: readonly string[]) {
  const unused = (all: object) =>
    Object.fromEntries(Object.keys(all).flatMap((name) => (used.includes(name) ? [] : [[name, true]])))
  const unusedAttrNames = unused(names)
  const unusedAttrVals = unused(values)
  const context = {
    attrNames: names,
    attrVals: values,
    unusedAttrNames,
    unusedAttrVals,
    isReserved: (word: string) => word.toUpperCase() === 'STATUS',
    compare: () => false,
  }
  let answer: unknown
  try {
    answer = parse(expression, { context })
  } catch (error) {
    answer = String(error)
  }
  return { answer: JSON.stringify(answer), unusedAttrNames, unusedAttrVals }
}

const value = fc.oneof(
  fc.record({ S: fc.string() }),
  fc.record({ N: fc.integer().map(String) }),
  fc.record({ BOOL: fc.boolean() }),
)
const expressionsOf = {
  condition: [
    'attribute_not_exists(pk) OR (#a = :x AND #b < :y)',
    '(#a <> :x OR attribute_exists(#b.c)) AND size(#b) > :y',
    'begins_with(#a, :x) AND NOT contains(#b, :y)',
    '#a BETWEEN :x AND :y',
    'attribute_type(#a, :x) OR #a = :y',
    '#a IN (:x, :y, :x)',
    'status = :x',
    '#missing = :x',
    '(((#a = :x)',
  ],
  update: [
    'SET #a = :x, #b = if_not_exists(#b, :y) ADD counted :y',
    'SET #a = :x, #a = :y',
    'SET status = :x',
    'SET #a = list_append(#b, :x) REMOVE gone',
    'SET a = b ADD b :y',
  ],
}

test('what is remembered is what would be parsed', () => {
  const given = fc.record({
    kind: fc.constantFrom('condition' as const, 'update' as const),
    index: fc.nat({ max: 8 }),
    values: fc.record({ ':x': value, ':y': value }),
    used: fc.subarray([':x', ':y', '#a', '#b']),
  })
  fc.assert(
    fc.property(fc.array(given, { minLength: 2, maxLength: 20 }), (requests) => {
      for (const { kind, index, values, used } of requests) {
        const list = expressionsOf[kind]
        const expression = list[index % list.length] ?? ''
        const [known, own] = kind === 'condition' ? [conditions, plainConditions] : [updates, plainUpdates]
        const parse: Parser['parse'] = (text, options) => known.parse(text, options)
        expect(outcome(parse, expression, values, used)).toEqual(outcome(own, expression, values, used))
      }
    }),
    { seed: 11, numRuns: 200 },
  )
})

test('a caller that changes an answer changes no other', () => {
  const ask = () => {
    const context = {
      attrNames: names,
      attrVals: { ':x': { S: '1' } },
      unusedAttrNames: {},
      unusedAttrVals: {},
      isReserved: () => false,
    }
    return conditions.parse('#a = :x', { context }) as { expression: { type: string; args: unknown[] } }
  }
  const { expression: first } = ask()
  first.type = 'spoilt'
  first.args.reverse()
  const { expression: second } = ask()
  second.args.length = 0

  expect(ask().expression).toMatchObject({ type: '=', args: [['st'], { S: '1' }] })
})

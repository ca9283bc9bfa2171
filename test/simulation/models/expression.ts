import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/**
 * DynamoDB's condition and update expressions, as far as Sluice writes them.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export type Item = Readonly<Record<string, AttributeValue>>

export interface Bindings {
  readonly names?: Readonly<Record<string, string>> | undefined
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined
}

export class ExpressionFault extends Error {}

const tokenGrammar = /\s*(<>|<=|>=|[=<>(),+-]|[#:]?[A-Za-z_][A-Za-z0-9_]*)/y

class Tokens {
  readonly #all: string[] = []
  #at = 0

  constructor(text: string) {
    tokenGrammar.lastIndex = 0
    for (const end = text.trimEnd().length; tokenGrammar.lastIndex < end;) {
      const match = tokenGrammar.exec(text)
      if (!match?.[1]) throw new ExpressionFault(`can't read "${text}"`)
      this.#all.push(match[1])
    }
  }

  peek(): string {
    return this.#all[this.#at] ?? ''
  }

  is(word: string): boolean {
    return this.peek().toUpperCase() === word
  }

  take(): string {
    const token = this.peek()
    this.#at += 1
    return token
  }

  skip(word: string): boolean {
    const found = this.is(word)
    if (found) this.#at += 1
    return found
  }

  expect(word: string): void {
    if (!this.skip(word)) throw new ExpressionFault(`expected ${word}, found "${this.peek()}"`)
  }
}

type Operand = (item: Item) => AttributeValue | undefined

/** Whether `item` (none: `undefined`) meets the condition. */
export function holds(condition: string, item: Item | undefined, bindings: Bindings): boolean {
  const tokens = new Tokens(condition)
  const result = either(tokens, bindings)(item ?? {})
  if (tokens.peek()) throw new ExpressionFault(`unexpected "${tokens.peek()}"`)
  return result
}

type Test = (item: Item) => boolean

function either(tokens: Tokens, bindings: Bindings): Test {
  const tests = [both(tokens, bindings)]
  while (tokens.skip('OR')) tests.push(both(tokens, bindings))
  return (item) => tests.some((test) => test(item))
}

function both(tokens: Tokens, bindings: Bindings): Test {
  const tests = [single(tokens, bindings)]
  while (tokens.skip('AND')) tests.push(single(tokens, bindings))
  return (item) => tests.every((test) => test(item))
}

function single(tokens: Tokens, bindings: Bindings): Test {
  if (tokens.skip('NOT')) {
    const test = single(tokens, bindings)
    return (item) => !test(item)
  }
  if (tokens.skip('(')) {
    const test = either(tokens, bindings)
    tokens.expect(')')
    return test
  }
  const exists = tokens.is('ATTRIBUTE_EXISTS')
  if (exists || tokens.is('ATTRIBUTE_NOT_EXISTS')) {
    tokens.take()
    tokens.expect('(')
    const name = nameOf(tokens.take(), bindings)
    tokens.expect(')')
    return (item) => (item[name] !== undefined) === exists
  }
  return comparison(tokens, bindings)
}

function comparison(tokens: Tokens, bindings: Bindings): Test {
  const left = operand(tokens, bindings)
  if (tokens.skip('IN')) {
    tokens.expect('(')
    const options = [operand(tokens, bindings)]
    while (tokens.skip(',')) options.push(operand(tokens, bindings))
    tokens.expect(')')
    return (item) => options.some((option) => order(left(item), option(item)) === 0)
  }
  if (tokens.skip('BETWEEN')) {
    const low = operand(tokens, bindings)
    tokens.expect('AND')
    const high = operand(tokens, bindings)
    return (item) => compare('>=', left(item), low(item)) && compare('<=', left(item), high(item))
  }
  const operator = tokens.take()
  const right = operand(tokens, bindings)
  return (item) => compare(operator, left(item), right(item))
}

function compare(
  operator: string,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  const result = order(left, right)
  // A comparison with a missing attribute, or of two types, is false; only "not equal" is true.
  if (result === undefined) return operator === '<>'
  switch (operator) {
    case '=':
      return result === 0
    case '<>':
      return result !== 0
    case '<':
      return result < 0
    case '<=':
      return result <= 0
    case '>':
      return result > 0
    case '>=':
      return result >= 0
    default:
      throw new ExpressionFault(`unknown operator "${operator}"`)
  }
}

/** Below, at or above 0; `undefined` where the two can't be compared. */
function order(left: AttributeValue | undefined, right: AttributeValue | undefined): number | undefined {
  if (left?.N !== undefined && right?.N !== undefined) return Number(left.N) - Number(right.N)
  if (left?.S === undefined || right?.S === undefined) return undefined
  return left.S === right.S ? 0 : left.S < right.S ? -1 : 1
}

function operand(tokens: Tokens, bindings: Bindings): Operand {
  const token = tokens.take()
  if (token.toUpperCase() === 'IF_NOT_EXISTS') {
    tokens.expect('(')
    const name = nameOf(tokens.take(), bindings)
    tokens.expect(',')
    const otherwise = operand(tokens, bindings)
    tokens.expect(')')
    return (item) => item[name] ?? otherwise(item)
  }
  if (token.startsWith(':')) {
    const value = bindings.values?.[token]
    if (!value) throw new ExpressionFault(`no value for ${token}`)
    return () => value
  }
  const name = nameOf(token, bindings)
  return (item) => item[name]
}

function nameOf(token: string, { names }: Bindings): string {
  if (!token.startsWith('#')) return token
  const name = names?.[token]
  if (!name) throw new ExpressionFault(`no name for ${token}`)
  return name
}

/** The item after the update; all of its operands see the item before it. */
export function updated(update: string, before: Item, bindings: Bindings): Item {
  const tokens = new Tokens(update)
  const after: Record<string, AttributeValue> = { ...before }
  while (tokens.peek()) {
    const clause = tokens.take().toUpperCase()
    do {
      const name = nameOf(tokens.take(), bindings)
      if (clause === 'SET') {
        tokens.expect('=')
        const value = operand(tokens, bindings)(before)
        if (!value) throw new ExpressionFault(`${name} is set to an attribute that does not exist`)
        after[name] = value
      } else if (clause === 'REMOVE') {
        delete after[name]
      } else if (clause === 'ADD') {
        after[name] = sum(before[name], operand(tokens, bindings)(before))
      } else throw new ExpressionFault(`unknown clause ${clause}`)
    } while (tokens.skip(','))
  }
  return after
}

function sum(a: AttributeValue | undefined, b: AttributeValue | undefined): AttributeValue {
  if ((a && a.N === undefined) || b?.N === undefined) throw new ExpressionFault('ADD takes numbers')
  return { N: String(Number(a?.N ?? 0) + Number(b.N)) }
}

/** Names and values that were bound but never used: DynamoDB refuses those. */
export function unused(expressions: readonly (string | undefined)[], { names, values }: Bindings): string[] {
  const text = expressions.join(' ')
  return [...Object.keys(names ?? {}), ...Object.keys(values ?? {})].filter(
    (bound) => !new RegExp(`${bound}(?![A-Za-z0-9_])`).test(text),
  )
}

import { createRequire } from 'node:module'

interface Context {
  readonly attrNames?: Readonly<Record<string, string>>
  readonly attrVals?: Readonly<Record<string, object>>
  readonly unusedAttrNames: Record<string, boolean>
  readonly unusedAttrVals: Record<string, boolean>
  readonly isKeyCondition?: boolean
}
interface Parser {
  parse: (expression: string, options: { readonly context: Context }) => unknown
}

/** What an expression is parsed to, with the names of values where values stand. */
interface Known {
  readonly shape: unknown
  /** Names and values that the text has. Another expression of the same request may have used them before. */
  readonly uses: readonly string[]
}

/** Stands in a shape for the value of this name. */
class Hole {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Their answer depends on values, not on types alone. */
const dependsOnValues = /between|attribute_type/i
const most = 1_000

const require = createRequire(import.meta.url)

/**
 * dynalite parses each expression of each request anew, by a grammar that tries every branch many times: half of all its work.
 * Here it parses what it has not seen: the same text with the same names, and values of the same types, has the same meaning.
 */
export function rememberExpressions(): void {
  for (const name of ['conditionParser', 'updateParser']) remember(require(`dynalite/db/${name}`) as Parser)
}

function remember(parser: Parser): void {
  const known = new Map<string, Known>()
  const { parse } = parser
  parser.parse = (expression, options) => {
    const { context } = options
    if (dependsOnValues.test(expression)) return parse(expression, options)
    const key = keyOf(expression, context)
    const found = known.get(key)
    if (found) return again(found, context)
    const result = parse(expression, options)
    // What is wrong with it.
    if (typeof result === 'string') return result
    if (known.size >= most) known.clear()
    known.set(key, {
      shape: holed(
        result,
        new Map(Object.entries(context.attrVals ?? {}).map(([each, value]) => [value, each])),
      ),
      uses: expression.match(/[#:]\w+/g) ?? [],
    })
    return result
  }
}

const keyOf = (expression: string, { attrNames = {}, attrVals = {}, isKeyCondition }: Context): string =>
  JSON.stringify([
    expression,
    isKeyCondition,
    attrNames,
    Object.entries(attrVals).map(([name, value]) => [name, Object.keys(value)[0]]),
  ])

function again({ shape, uses }: Known, { attrVals = {}, ...context }: Context): unknown {
  for (const name of uses) {
    delete context.unusedAttrNames[name]
    delete context.unusedAttrVals[name]
  }
  return filled(shape, attrVals)
}

/** A copy in which values are told by their names; dynalite changes what it has parsed. */
function holed(node: unknown, nameOf: ReadonlyMap<unknown, string>): unknown {
  const name = nameOf.get(node)
  if (name !== undefined) return new Hole(name)
  if (Array.isArray(node)) return node.map((each) => holed(each, nameOf))
  if (typeof node !== 'object' || node === null) return node
  return bare(Object.entries(node).map(([key, each]) => [key, holed(each, nameOf)]))
}

function filled(node: unknown, values: Readonly<Record<string, object>>): unknown {
  if (node instanceof Hole) return values[node.name]
  if (Array.isArray(node)) return node.map((each) => filled(each, values))
  if (typeof node !== 'object' || node === null) return node
  return bare(Object.entries(node).map(([key, each]) => [key, filled(each, values)]))
}

/** Attributes may be called like what every object inherits. */
const bare = (entries: Iterable<readonly [string, unknown]>): object =>
  Object.assign(Object.create(null) as object, Object.fromEntries(entries))

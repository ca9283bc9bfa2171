/** A part of a JSON text as it is written there, and what the first `*` on the way to it stands for. */
export interface Slice {
  readonly text: string
  readonly outer: string
}

/**
 * The parts of `text` that a pointer with `*` (every member of an array) leads to, exactly as they are written: digits that a
 * double would lose stay. `undefined` where the text has no array in the place of a `*`, or no member of a name. The text
 * must be JSON: parse it first.
 */
export function jsonSlices(text: string, pattern: string): readonly Slice[] | undefined {
  const start = skipSpace(text, 0)
  const spans = follow(text, { start, end: skipValue(text, start) }, pattern.split('/').slice(1))
  return spans?.map(({ start: from, end, outer = { start: from, end } }) => ({
    text: text.slice(from, end),
    outer: text.slice(outer.start, outer.end),
  }))
}

interface Span {
  readonly start: number
  readonly end: number
  readonly outer?: Span
}

function follow(text: string, at: Span, [segment, ...rest]: readonly string[]): Span[] | undefined {
  if (segment === undefined) return [at]
  if (segment === '*') {
    if (text[at.start] !== '[') return undefined
    const found: Span[] = []
    for (const { start, end } of members(text, at.start)) {
      const outer = at.outer ?? { start, end }
      const inner = follow(text, { start, end, outer }, rest)
      if (!inner) return undefined
      found.push(...inner)
    }
    return found
  }
  if (text[at.start] === '[' && /^(?:0|[1-9]\d{0,8})$/.test(segment)) {
    const item = members(text, at.start)[Number(segment)]
    return item && follow(text, { ...at, start: item.start, end: item.end }, rest)
  }
  if (text[at.start] !== '{') return undefined
  // As for `JSON.parse`, the last of several members of one name counts.
  const member = members(text, at.start).findLast(({ name }) => name === segment)
  return member && follow(text, { ...at, start: member.start, end: member.end }, rest)
}

interface Member {
  readonly name?: string
  readonly start: number
  readonly end: number
}

/** The members of the object or array that starts at `open`. */
function members(text: string, open: number): Member[] {
  const isObject = text[open] === '{'
  const found: Member[] = []
  let at = skipSpace(text, open + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    let name: string | undefined
    if (isObject) {
      const end = skipString(text, at)
      name = JSON.parse(text.slice(at, end)) as string
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = skipValue(text, at)
    found.push({ ...(name !== undefined && { name }), start: at, end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}

/** Where the value that starts at `at` ends. Counts brackets, so that depth costs no stack. */
function skipValue(text: string, at: number): number {
  let depth = 0
  let i = at
  do {
    const character = text[i] ?? ''
    depth += opens.has(character) ? 1 : closes.has(character) ? -1 : 0
    if (character === '"') i = skipString(text, i)
    else if (depth > 0 || closes.has(character)) i += 1
    else i = skipScalar(text, i)
  } while (depth > 0)
  return i
}

const opens = new Set('{[')
const closes = new Set('}]')

function skipString(text: string, at: number): number {
  let i = at + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}

const skipScalar = (text: string, at: number): number => skipWhile(text, at, (c) => !/[\s,\]}]/.test(c))
const skipSpace = (text: string, at: number): number => skipWhile(text, at, (c) => /\s/.test(c))

function skipWhile(text: string, at: number, isSkipped: (character: string) => boolean): number {
  let i = at
  while (i < text.length && isSkipped(text[i] ?? '')) i += 1
  return i
}

/** A string or number of a JSON text, as it is written. */
export interface JsonValue {
  /** The name that it is the value of, also through arrays; empty for none, and for names themselves. */
  readonly name: string
  readonly raw: string
  readonly isNumber: boolean
}

/** A JSON text with some of its names, strings and numbers written otherwise; every other byte stays. */
export function mapJson(text: string, change: (value: JsonValue) => string): string {
  const names: string[] = []
  /** Whether the innermost is an object, and what it is the value of. */
  const open: { readonly isObject: boolean; readonly name: string }[] = []
  let expectsName = false
  let mapped = ''
  for (const [token] of text.matchAll(
    /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\]:,]|[^"{}[\]:,\d-]+|-/gs,
  )) {
    const name = names.at(-1) ?? ''
    if (token.startsWith('"') && expectsName) {
      names[names.length - 1] = String(JSON.parse(token))
      mapped += change({ name: '', raw: token, isNumber: false })
      continue
    }
    if (token.startsWith('"')) mapped += change({ name, raw: token, isNumber: false })
    else if (/^-?\d/.test(token)) mapped += change({ name, raw: token, isNumber: true })
    else mapped += token
    if (token === '{' || token === '[') {
      open.push({ isObject: token === '{', name })
      // The members of an array are what the array is.
      names.push(token === '[' ? name : '')
      expectsName = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
      names.pop()
      expectsName = false
    } else if (token === ':') expectsName = false
    else if (token === ',') expectsName = open.at(-1)?.isObject ?? false
  }
  return mapped
}

import { SluiceError } from '../errors/sluice-error.ts'

const assignment = /^(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/s
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * The variables of a `.env` file. `NAME=value`, `export` before it if one likes; quotes of either kind, which may span
 * lines, escapes (`\n`, `\"`) in double ones only. Nothing is substituted. A `#` starts a comment at the start of a line or after
 * white space, so a secret that contains one stays whole. The last of two equal names wins.
 * @throws SluiceError `MISCONFIGURED` naming the line, never its text, where a line is something else.
 */
export function parseDotenv(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim()
    if (line === '' || line.startsWith('#') || /^export\s+[A-Za-z_]\w*$/.test(line)) continue
    const [, name, rest] = assignment.exec(line) ?? []
    if (name === undefined || rest === undefined) throw fault(at, 'is not NAME=value')
    const quote = /^["']/.exec(rest)?.[0]
    if (quote === undefined) {
      values.set(name, withoutComment(rest))
      continue
    }
    const end = closingLine(lines, at, rest, quote)
    const whole = end === at ? rest : [rest, ...lines.slice(at + 1, end + 1)].join('\n')
    values.set(name, unquote(whole, quote, at))
    at = end
  }
  return values
}

const withoutComment = (text: string): string => (text.startsWith('#') ? '' : text.replace(/\s+#.*$/, ''))

/** Where the quoted text that starts on line `from` ends. */
function closingLine(lines: readonly string[], from: number, first: string, quote: string): number {
  let line = first.slice(1)
  for (let at = from; at < lines.length; line = lines[(at += 1)] ?? '') {
    if (closingIndex(line, quote) >= 0) return at
  }
  throw fault(from, `opens a ${quote} that nothing closes`)
}

/** Index of the first quote that no backslash escapes; single quotes know no escapes. */
function closingIndex(text: string, quote: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1
    else if (text[at] === quote) return at
  }
  return -1
}

function unquote(text: string, quote: string, line: number): string {
  const inner = text.slice(1)
  const end = closingIndex(inner, quote)
  if (!/^\s*(#.*)?$/s.test(inner.slice(end + 1))) throw fault(line, 'has text after the closing quote')
  const value = inner.slice(0, end)
  return quote === '"' ? value.replace(/\\(.)/gs, (_, it: string) => escapes[it] ?? it) : value
}

const fault = (index: number, what: string): SluiceError =>
  new SluiceError('MISCONFIGURED', `.env: line ${index + 1} ${what}`)

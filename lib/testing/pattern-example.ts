/**
 * A text that a pattern of the catalog fits: of alternatives the first, nothing for what may be missing. It knows the words
 * that the catalog uses and no more; `undefined` where the text does not fit after all.
 */
export function exampleOf(pattern: string): string | undefined {
  const text = sequence({ pattern, at: 0 })
  return new RegExp(pattern, 'i').test(text) ? text : undefined
}

interface Cursor {
  readonly pattern: string
  at: number
}

/** Up to the end of its group; what follows a `|` is read and dropped. */
function sequence(cursor: Cursor): string {
  let first: string | undefined
  let text = ''
  while (cursor.at < cursor.pattern.length && cursor.pattern[cursor.at] !== ')') {
    if (cursor.pattern[cursor.at] === '|') {
      first ??= text
      text = ''
      cursor.at += 1
    } else text += repeated(atom(cursor), cursor)
  }
  return first ?? text
}

function repeated(text: string, cursor: Cursor): string {
  const mark = cursor.pattern[cursor.at] ?? ''
  if (!'?*+'.includes(mark) || mark === '') return text
  cursor.at += 1
  return mark === '+' ? text : ''
}

function atom(cursor: Cursor): string {
  const { pattern } = cursor
  const char = pattern[cursor.at] ?? ''
  cursor.at += 1
  if (char === '(') return group(cursor)
  if (char === '[') {
    const end = pattern.indexOf(']', cursor.at)
    const [first = ''] = pattern.slice(cursor.at, end)
    cursor.at = end + 1
    return first
  }
  if (char === '\\') return escaped(pattern[cursor.at++] ?? '')
  return char === '^' || char === '$' ? '' : char === '.' ? 'x' : char
}

function group(cursor: Cursor): string {
  const opening = /\?(?:[:=!]|<[=!])/y
  opening.lastIndex = cursor.at
  const [kind = ''] = opening.exec(cursor.pattern) ?? []
  cursor.at += kind.length
  const text = sequence(cursor)
  cursor.at += 1
  return kind === '' || kind === '?:' ? text : ''
}

const escaped = (char: string): string => ({ s: ' ', d: '1', w: 'a', b: '' })[char] ?? char

import { mapJson } from './json-strings.ts'
import type { Scrubber } from './scrubber.ts'

/** An address without its query and fragment. */
export function scrubbedPath({ origin, pathname }: URL, scrub: Scrubber): string {
  const segments = pathname.split('/').map((segment) => inAddress(segment, (plain) => scrub.text(plain)))
  return scrub.text(origin) + segments.join('/')
}

/** The fields of a query or a form in the order in which they come, `name=value` each. */
export const scrubbedFields = (text: string, scrub: Scrubber): readonly string[] =>
  text === '' ? [] : text.split('&').map((field) => scrubbedField(field, scrub))

function scrubbedField(field: string, scrub: Scrubber): string {
  const at = field.indexOf('=')
  const [rawName, rawValue] = at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)]
  const name = inAddress(rawName, (plain) => scrub.text(plain), true)
  const said = decoded(rawName, true)
  // In an address `key` opens something; in a document it is any key.
  const value = inAddress(rawValue, (plain) => scrub.named(said === 'key' ? 'api_key' : said, plain), true)
  return at < 0 ? name : `${name}=${value}`
}

/** What changes is encoded again; what does not stays as it was written. */
function inAddress(raw: string, change: (plain: string) => string, isField = false): string {
  const plain = decoded(raw, isField)
  const safe = change(plain)
  return safe === plain ? change(raw) : encodeURIComponent(safe.toWellFormed())
}

function decoded(raw: string, isField: boolean): string {
  const text = isField ? raw.replaceAll('+', ' ') : raw
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A body that is text, by what it is: JSON, a form, XML or anything else. */
export function scrubbedText(text: string, type: string, scrub: Scrubber): string {
  if (isJson(text)) return scrubbedJson(text, scrub)
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return scrubbedFields(text, scrub).join('&')
  const lines = text.split('\n')
  if (lines.length > 1 && lines.every((line) => line.trim() === '' || isJson(line)))
    return lines.map((line) => (line.trim() === '' ? line : scrubbedJson(line, scrub))).join('\n')
  // Elements of XML are named as fields are.
  const elements = text.replaceAll(
    /<([\w:.-]{1,128})>([^<]{1,65536})<\/\1>/g,
    (_, name: string, value: string) => `<${name}>${scrub.named(name, value)}</${name}>`,
  )
  return scrub.text(elements)
}

const scrubbedJson = (text: string, scrub: Scrubber): string =>
  mapJson(text, ({ name, raw, isNumber }) => {
    if (isNumber) return scrub.number(name, raw)
    const plain = String(JSON.parse(raw))
    const safe = scrub.named(name, plain)
    return safe === plain ? raw : JSON.stringify(safe)
  })

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A body that is no text: what was found elsewhere is taken out of its bytes. */
export function scrubbedBytes(bytes: Uint8Array, scrub: Scrubber): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  let safe = text
  for (const [value, placeholder] of scrub.found)
    safe = safe.replaceAll(Buffer.from(value).toString('latin1'), () => placeholder)
  return safe === text ? bytes : Buffer.from(safe, 'latin1')
}

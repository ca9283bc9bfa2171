import { spellingsOf, shapes } from '../errors/scrub.ts'
import type { Secret } from '../primitives/secret.ts'
import { namesCredential } from './credential-names.ts'
import { isPlaceholder, placeholders } from './placeholders.ts'

export interface ScrubRules {
  /** Taken out wherever they are and however they are spelt, by the name that takes their place. */
  readonly secrets?: Readonly<Record<string, Secret>>
  /** What else is to be taken out: `{ as: 'customer', pattern: /cus_\w+/g }`. */
  readonly ids?: readonly { readonly as: string; readonly pattern: RegExp }[]
  /** What looks like a secret and is none. */
  readonly allow?: readonly RegExp[]
}

/** Takes out of texts what must not be kept. What it has once found is found anywhere afterwards. */
export interface Scrubber {
  /** A text whose own name says nothing. */
  text(text: string): string
  /** A value by the name it is under. */
  named(name: string, value: string): string
  /** A number, as it is written in JSON. */
  number(name: string, raw: string): string
  /** Every value that was found, with what is in its place; not those too short to be told from other text. */
  readonly found: ReadonlyMap<string, string>
}

/** Numbers that are secrets; how many tokens or keys there are is none. */
const numberNames = /(?:^|[_-])(?:pin|otp|cvc|cvv|pass(?:word|code)|secret)$/i

/** Shorter ones would be found in words that have nothing to do with them. */
const shortest = 6

/** @throws RangeError for a secret that is too short to be looked for. */
export function scrubber({ secrets = {}, ids = [] }: ScrubRules): Scrubber {
  const names = placeholders()
  const found = new Map<string, string>()
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.reveal().length < shortest)
      throw new RangeError(
        `the secret ${name} has less than ${shortest} characters: it can't be told from other text`,
      )
    for (const form of secretForms(secret)) found.set(form, names.of(name, secret.reveal()))
  }
  const put = (kind: string, value: string): string => {
    const placeholder = names.of(kind, value)
    if (value.length >= 8 && placeholder !== value && !found.has(value)) found.set(value, placeholder)
    return placeholder
  }
  const text = (given: string): string => {
    let safe = withoutFound(given, found)
    for (const { as, pattern } of ids) safe = safe.replaceAll(everywhere(pattern), (value) => put(as, value))
    for (const [shape, instead] of shapes) safe = withoutShape(safe, shape, instead, put)
    return safe
  }
  return {
    found,
    text,
    named: (name, value) => {
      if (value === '' || isPlaceholder(value)) return value
      // "Basic …", "Bearer …": the scheme may stay.
      const [, scheme = '', rest = value] = /^((?:Basic|Bearer|Token) )?(.*)$/is.exec(value) ?? []
      return namesCredential(name) ? scheme + put(name, rest) : text(value)
    },
    number: (name, raw) =>
      numberNames.test(name) || isCard(raw) || found.has(raw)
        ? '9'.padEnd(raw.replaceAll(/\D/g, '').length, '0')
        : raw,
  }
}

/** In the place of a shape stands what `scrub` puts there, with a number of its own. */
function withoutShape(
  text: string,
  shape: RegExp,
  instead: string,
  put: (kind: string, value: string) => string,
): string {
  return text.replaceAll(shape, (...match: readonly unknown[]) => {
    const [value, first] = match as readonly [string, unknown]
    const kind = /\[([\w-]+)\]/.exec(instead)?.[1] ?? 'secret'
    const [offset, whole] = match.slice(-2) as [number, string]
    const isFraction =
      whole[offset - 1] === '.' || /^\.\d/.test(whole.slice(offset + value.length, offset + value.length + 2))
    if (kind === 'number' && (isFraction || !isPersonal(value))) return value
    const isNamed = instead.startsWith('$1$2')
    if (isNamed && !namesCredential(String(first))) return value
    const before = isNamed
      ? `${String(first)}${String(match[2])}`
      : instead.startsWith('$1')
        ? (/^\S+\s+/.exec(value)?.[0] ?? '')
        : ''
    const secret = value.slice(before.length)
    if (secret.startsWith('scrubbed-')) return value
    return before + put(kind === 'redacted' ? 'secret' : kind, secret)
  })
}

function withoutFound(text: string, found: ReadonlyMap<string, string>): string {
  let safe = text
  const values = [...found.keys()].filter((value) => text.includes(value))
  for (const value of values.toSorted((a, b) => b.length - a.length))
    safe = safe.replaceAll(value, () => found.get(value) ?? '')
  return safe
}

/** A card's number, a person's, a phone's; twelve digits may be many other things. */
const isPersonal = (text: string): boolean =>
  text.startsWith('+') || /^\d{3}-\d{2}-\d{4}$/.test(text) || isCard(text)

/** A number of a card network with the right check digit. @see ISO/IEC 7812-1 */
export function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '')
  if (!/^(?:3[0-9]|4|5[1-5]|6|2[2-7])\d{11,17}$/.test(digits)) return false
  let sum = 0
  for (const [index, digit] of digits.split('').toReversed().entries()) {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** As {@link spellingsOf}, in hex, and in the base64 of a text that it is a part of. */
function secretForms(secret: Secret): readonly string[] {
  const value = secret.reveal()
  const bytes = Buffer.from(value)
  const inside = [0, 1, 2].flatMap((offset) => {
    const core = (encoding: 'base64' | 'base64url'): string =>
      Buffer.concat([Buffer.alloc(offset), bytes])
        .toString(encoding)
        .slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.byteLength) * 8) / 6))
    return [core('base64'), core('base64url')]
  })
  const forms = [...spellingsOf(value), ...inside, bytes.toString('hex'), bytes.toString('latin1')]
  return [...new Set(forms)].filter((form) => form.length >= shortest)
}

const everywhere = (pattern: RegExp): RegExp =>
  pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)

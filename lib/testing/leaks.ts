import { shapes } from '../errors/scrub.ts'
import { withoutPlaceholders } from './placeholders.ts'
import { isCard, type ScrubRules, type Scrubber } from './scrubber.ts'

/** Something in a recording that looks as if it must not be there: where, and what it looks like. Never the thing itself. */
export interface Leak {
  readonly place: string
  readonly looksLike: string
}

/** A recording that would give something away: nothing was written. */
export class RecordingRefused extends Error {
  override readonly name = 'RecordingRefused'
  readonly leaks: readonly Leak[]

  constructor(file: string, leaks: readonly Leak[]) {
    const places = leaks.slice(0, 10).map(({ place, looksLike }) => `${place} (${looksLike})`)
    super(
      `${file} was not written: it may hold secrets at ${places.join(', ')}; name them in secrets or ids, or what is none in allow`,
    )
    this.leaks = leaks
  }
}

/** Every place of a document that still looks like a secret, after everything that is known has been taken out. */
export function leaksIn(document: unknown, rules: ScrubRules, scrub: Scrubber): readonly Leak[] {
  const leaks: Leak[] = []
  const look = (text: string, place: string, name: string): void => {
    const looksLike = suspicion(text, name, rules, scrub)
    if (looksLike !== undefined) leaks.push({ place, looksLike })
  }
  const walk = (value: unknown, place: string, name: string): void => {
    if (typeof value === 'string' && name === 'base64' && place.endsWith('/body/base64'))
      return look(Buffer.from(value, 'base64').toString('latin1'), place, '')
    if (typeof value === 'string' || typeof value === 'number') return look(String(value), place, name)
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      const shown = suspicion(key, '', rules, scrub) === undefined ? key : '(a name)'
      if (shown !== key) leaks.push({ place: `${place}/${shown}`, looksLike: 'a name that is a secret' })
      walk(member, `${place}/${shown}`, Array.isArray(value) ? name : key)
    }
  }
  walk(document, '', '')
  return leaks
}

function suspicion(
  given: string,
  name: string,
  { allow = [] }: ScrubRules,
  scrub: Scrubber,
): string | undefined {
  for (const text of spellings(given))
    for (const [value, placeholder] of scrub.found)
      if (text.includes(value)) return `the value of ${placeholder}`
  let text = withoutPlaceholders(given)
  for (const pattern of allow)
    text = text.replaceAll(new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`), ' ')
  for (const [shape, instead] of shapes) {
    // By name they were judged with more knowledge, and people are looked for below.
    if (instead.startsWith('$1$2') || /^\[(?:e-mail|number)\]$/.test(instead)) continue
    if (new RegExp(shape.source, shape.flags.replace('g', '')).test(text)) return 'a credential'
  }
  if (eMail.test(text)) return 'an e-mail address'
  if ([...text.matchAll(/(?<!\.)\b\d(?:[ -]?\d){12,18}\b(?!\.\d)/g)].some(([digits]) => isCard(digits)))
    return 'the number of a card'
  if (harmless.test(name)) return undefined
  return (text.match(longWord) ?? []).some(isRandom) ? 'a key' : undefined
}

/** The text, and what it says where it is written for an address. */
function spellings(text: string): readonly string[] {
  try {
    return [text, decodeURIComponent(text)]
  } catch {
    return [text]
  }
}

/** Names whose values are long and random, and open nothing. */
const harmless =
  /^(?:e-?tag|.*(?:request|trace|correlation|debug|ray)[-_]?id|.*(?:page|sync|next|continuation)_?token|node_?id|cursor|next|nonce)$|^x-amz-id-2$/i

/** With a domain, so that not every `@` among bytes is one. */
const eMail = /[\w.+-]{1,64}@[a-z\d-]{1,63}\.[a-z\d.-]{2,}/i
const longWord = /[\w+/=-]{32,}/g
/** Capital and small letters and digits in one long word, and no words of a language in between. */
const isRandom = (word: string): boolean =>
  /\d/.test(word) &&
  /[a-z]/.test(word) &&
  /[A-Z]/.test(word) &&
  (word.match(/[A-Z]?[a-z]{4,}/g) ?? []).length < word.length / 12

import type { Secret } from '../primitives/secret.ts'

/** The most of a foreign text that is looked at. */
const readCharacters = 4_096
const redacted = '[redacted]'

/**
 * A foreign text made fit for a log: one line of at most `most` characters without the secrets named, and without what
 * looks like a credential, an e-mail address, or the number of a card, a person or a phone.
 */
export function scrub(text: string, most: number, secrets: readonly Secret[] = []): string {
  // A word cut in two could be the first half of a secret: it goes.
  const read = text.length > readCharacters ? text.slice(0, readCharacters).replace(/\S{1,4096}$/, '') : text
  let safe = withoutSecrets(read, secrets).replaceAll(/[\p{C}\s]+/gu, ' ')
  for (const [shape, instead] of shapes) safe = safe.replaceAll(shape, instead)
  safe = withoutSecrets(safe.replaceAll(longWord, keyless), secrets).trim()
  return safe.length <= most ? safe : `${safe.slice(0, most - 1)}…`
}

/** Whether a word holds one of the secrets, or is a credential by its look. */
export const looksSecret = (word: string, secrets: readonly Secret[] = []): boolean =>
  withoutSecrets(word, secrets) !== word || shapes.some(([shape]) => word.search(shape) >= 0)

function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  let safe = text
  for (const secret of secrets) {
    for (const form of spellingsOf(secret.reveal())) safe = safe.replaceAll(form, redacted)
  }
  return safe
}

/** A secret as it is, and as addresses, JSON and Basic credentials spell it; the longest first. */
export function spellingsOf(value: string): readonly string[] {
  if (value === '') return []
  const base64 = Buffer.from(value).toString('base64')
  const forms = [
    value,
    // An unpaired surrogate has no spelling in an address.
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
  ]
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length)
}

/** Every pattern is linear: no part of it can match the same characters in two ways. */
export const shapes: readonly (readonly [RegExp, string])[] = [
  // Credentials by name: `Authorization: Bearer …`, `api_key=…`, `"token":"…"`.
  [/\b(bearer|basic)\s+[\w.~+/=:-]{8,}/gi, `$1 ${redacted}`],
  [
    /\b([\w-]{0,32}(?:api_?key|apikey|secret|token|password|passwd|authorization|signature))(["']?\s?[=:]\s?["']?)[^\s"'&,;]{4,}/gi,
    `$1$2${redacted}`,
  ],
  // Credentials by their makers' prefixes, and JSON Web Tokens.
  [/\b(?:sk|rk|pk)_(?:live|test)_\w+/g, redacted],
  [/\b(?:xox[a-z]|xapp|xwfp)-[\w-]+/g, redacted],
  [
    /\b(?:gh[a-z]_|github_pat_|whsec_|whpk_|ya29\.|SG\.|AIza|AKIA|ASIA|shpat_|glpat-|npm_)[\w.-]{8,}/g,
    redacted,
  ],
  [/\beyJ[\w-]+(?:\.[\w-]*)*/g, redacted],
  [/\b(?:AC|SK)[0-9a-f]{32}\b/g, redacted],
  // People.
  [/[^\s@<>"'(),:;]{1,64}@[^\s@<>"'(),:;]{1,255}/g, '[e-mail]'],
  [/\b\d(?:[ -]?\d){11,18}\b/g, '[number]'],
  [/\b\d{3}-\d{2}-\d{4}\b/g, '[number]'],
  [/\+\d(?:[ ().-]{0,2}\d){6,14}\b/g, '[number]'],
]

/** A long word of letters and digits is more often a key than a help. */
const longWord = /[\w+/=~-]{24,}/g
const keyless = (word: string): string => (/\d/.test(word) && /[a-z]/i.test(word) ? redacted : word)

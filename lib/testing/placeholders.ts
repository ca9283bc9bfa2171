/** Names for what was taken out: the same value has the same name, numbered in the order in which they are met. */
export interface Placeholders {
  /** `scrubbed-client_secret-2`; for `e-mail` an address that can't be anyone's. */
  of(kind: string, value: string): string
}

export function placeholders(): Placeholders {
  const kinds = new Map<string, Map<string, number>>()
  return {
    of(kind, value) {
      if (isPlaceholder(value)) return value
      const word = kind.replaceAll(/[^\w-]+/g, '_')
      const known = kinds.get(word) ?? new Map<string, number>()
      kinds.set(word, known)
      const number = known.get(value) ?? known.size + 1
      known.set(value, number)
      return word === 'e-mail' ? `scrubbed-${number}@example.com` : `scrubbed-${word}-${number}`
    },
  }
}

const grammar = String.raw`scrubbed-(?:\d+@example\.com|[\w-]+-\d+)`
const whole = new RegExp(`^${grammar}$`)

/** Whether a text is nothing but a placeholder. */
export const isPlaceholder = (text: string): boolean => whole.test(text)

/** A text without its placeholders: what is left may be looked at as if it came from outside. */
export const withoutPlaceholders = (text: string): string => text.replaceAll(new RegExp(grammar, 'g'), ' ')

/** A text whose placeholders have no numbers: those of two runs need not count alike. */
export const unnumbered = (text: string): string =>
  text
    .replaceAll(/scrubbed-\d+(?:@|%40)example\.com/g, 'scrubbed@example.com')
    .replaceAll(/(scrubbed-[\w-]*?)-\d+\b/g, '$1')

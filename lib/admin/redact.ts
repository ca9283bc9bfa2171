/** What stands in place of a hidden value. */
export const hidden = '[redacted]'

/** What of a document is shown at most; a sender decides how large and deep it is. */
const limits = { nodes: 5_000, depth: 24, items: 100, characters: 2_000 } as const

export interface Redacted {
  readonly value: unknown
  /** Something was left out for its size. */
  readonly truncated: boolean
}

/** Names of fields that hold credentials or personal data whoever the sender is, compared without case and separators. */
const sensitiveNames = new RegExp(
  [
    'passw(or)?d|passphrase|passcode|secret|credential|authorization|cookie|signature|privatekey|apikey|accesskey|signingkey|encryptionkey|clientkey',
    'token(?!(s|count|type|symbol|name|decimal|value)$)|jwt|otp$|^pin$|pincode|session(id|key)|connectionstring|webhookurl|responseurl',
    'e?mail(address)?$|^emails$|emailaddresses|phone|mobile(number)?$|^fax|ssn|socialsecurity|taxid|vatnumber|passport|driverslicen[cs]e|nationalid',
    'card(number|no)$|^(pan|cvc|cvv2?|cvn)$|securitycode|iban|(account|routing|sort)(number|code)$|bankaccount|^bic$',
    'firstname|lastname|fullname|middlename|maidenname|surname|givenname|familyname|^dob$|birth(date|day)|dateofbirth',
    '(street|billing|shipping|home|postal|mailing)address|^address(line)?[12]?$|^line[12]$|postalcode|postcode|zipcode|^zip$|ip(v[46])?address$|^ip$|remoteaddr|latitude|longitude|^(lat|lng|lon)$',
  ].join('|'),
)

/** Text that gives away what it is, under whatever name it comes. */
const sensitiveText: readonly RegExp[] = [
  // User information in an address; first, or its end would be taken for an e-mail address.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@]{1,256}@/gi,
  // E-mail addresses; the parts are bounded, so that no text makes it slow.
  /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi,
  /-----BEGIN [A-Z ]{1,40}PRIVATE KEY-----[\s\S]{0,8192}/g,
  // JSON Web Tokens.
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  // Keys of providers, by the prefix that they gave them to be found.
  /\b(?:sk|pk|rk|whsec|xox[a-z]|xapp|gh[a-z]|github_pat|glpat|shpat|shpss|AKIA|ASIA|AIza|SG|npm)[_.-]?[A-Za-z0-9_.=/+-]{12,}/g,
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi,
  // United States social security numbers.
  /\b\d{3}-\d{2}-\d{4}\b/g,
]
const cardNumber = /\b\d(?:[ -]?\d){12,18}\b/g

/**
 * A copy of a JSON value that is safe to show: the provider's pointers (`*` is any segment), telling names and telling
 * text are hidden. What is hidden stays visible as a field, so that its presence can be seen.
 */
export function redact(document: unknown, pointers: readonly string[] = []): Redacted {
  const walk = new Walk(pointers.map((pointer) => pointer.slice(1).split('/').map(unescape)))
  return { value: walk.value(document, [], 0), truncated: walk.truncated }
}

/** `~1` is a slash, `~0` a tilde. */
const unescape = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

/** One pass over one document, counting what it has copied. */
class Walk {
  truncated = false
  #left: number = limits.nodes
  readonly #pointers: readonly (readonly string[])[]

  constructor(pointers: readonly (readonly string[])[]) {
    this.#pointers = pointers
  }

  value(value: unknown, path: readonly string[], depth: number): unknown {
    this.#left -= 1
    if (this.#isNamed(path)) return hidden
    if (this.#left < 0 || depth > limits.depth) return this.#cut('[not shown]')
    if (typeof value === 'string') return this.#text(value, depth)
    if (typeof value === 'number') return cardIn(String(value)) ? hidden : value
    if (Array.isArray(value)) return this.#array(value, path, depth)
    if (typeof value === 'object' && value !== null) return this.#object(value, path, depth)
    return value
  }

  #array(values: readonly unknown[], path: readonly string[], depth: number): unknown[] {
    const shown = values
      .slice(0, limits.items)
      .map((item, index) => this.value(item, [...path, String(index)], depth + 1))
    return values.length > limits.items
      ? [...shown, this.#cut(`[${values.length - limits.items} more]`)]
      : shown
  }

  #object(value: object, path: readonly string[], depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    for (const [name, item] of Object.entries(value)) {
      if (this.#left <= 0) {
        entries.push(['...', this.#cut('[more fields]')])
        break
      }
      const isHidden = isSensitive(name) && item !== null && item !== '' && typeof item !== 'boolean'
      entries.push([this.#name(name), isHidden ? hidden : this.value(item, [...path, name], depth + 1)])
    }
    // Defines each field as its own, so that `__proto__` is a name like any other.
    return Object.fromEntries(entries)
  }

  /** A name is text of the sender's as well. */
  #name(name: string): string {
    const masked = mask(name)
    return masked.length > 256 ? `${masked.slice(0, 256)}${this.#cut('...')}` : masked
  }

  #text(value: string, depth: number): string {
    const inner = /^\s*[[{]/.test(value) ? parse(value) : undefined
    // Some senders put JSON into text; its names tell as much.
    const safe = inner === undefined ? mask(value) : JSON.stringify(this.value(inner, [], depth + 1))
    return safe.length > limits.characters ? safe.slice(0, limits.characters) + this.#cut('...') : safe
  }

  #cut(note: string): string {
    this.truncated = true
    return note
  }

  #isNamed(path: readonly string[]): boolean {
    return this.#pointers.some(
      (pointer) =>
        pointer.length === path.length &&
        pointer.every((segment, index) => segment === '*' || segment === path[index]),
    )
  }
}

const isSensitive = (name: string): boolean =>
  sensitiveNames.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

/**
 * Text without the parts that give away what they are. Looks not much further than is ever shown; what stands at the end
 * of what it looks at is left out, because it may be the first half of something.
 */
export function mask(value: string): string {
  const text = value.slice(0, 2 * limits.characters)
  const masked = sensitiveText
    .reduce((shown, pattern) => shown.replace(pattern, hidden), text)
    .replace(cardNumber, (digits) => (cardIn(digits) ? hidden : digits))
  return text.length < value.length ? `${masked.slice(0, -512)}...` : masked
}

/** Thirteen to nineteen digits with the check digit of payment cards. */
function cardIn(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '')
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false
  const sum = digits
    .split('')
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { Secret } from '../primitives/secret.ts'
import type { KeyForm } from '../providers/auth.ts'

/** What goes along with a call. */
export interface Authorization {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, Secret>>
  /** Parameters of the address, not yet encoded. */
  readonly query: Readonly<Record<string, Secret>>
}

type Values = Readonly<Record<string, string>>

const blank = /\{(\w+)\}/g
const namesIn = (text: string): string[] => [...text.matchAll(blank)].flatMap(([, name]) => name ?? [])

/** Every text of a form; the one that must stay secret above all comes last. */
const textsOf = ({ query = {}, headers = {}, basic }: KeyForm): readonly string[] => [
  ...Object.values(query),
  ...Object.values(headers),
  ...(basic ? [basic.user, basic.password] : []),
]

/** The names of the values that a form takes; the last one is the key or the password. */
export const fieldsOf = (form: KeyForm): readonly string[] => [...new Set(textsOf(form).flatMap(namesIn))]

/** The form that takes exactly these values, if there is one. */
export function formFor(forms: readonly KeyForm[], values: Values): KeyForm | undefined {
  const given = Object.keys(values).toSorted().join(' ')
  return forms.find((form) => fieldsOf(form).toSorted().join(' ') === given)
}

/** What may be a header, or a part of one: printable, without blanks. */
const grammar = /^[\u0021-\u007e]{1,8192}$/

/** The names of values that can't be sent: empty, too long, not ASCII, with white space; and a user with a colon (RFC 7617, 2). */
export function unsendable(form: KeyForm, values: Values): readonly string[] {
  const users = new Set(namesIn(form.basic?.user ?? ''))
  return fieldsOf(form).filter((name) => {
    const value = values[name] ?? ''
    return !grammar.test(value) || (users.has(name) && value.includes(':'))
  })
}

/** A form with its values in place. */
export function authorizationOf(form: KeyForm, values: Values): Authorization {
  const fill = (text: string): string => text.replaceAll(blank, (_, name: string) => values[name] ?? '')
  const filled = (texts: Values = {}): Record<string, Secret> =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(fill(text))]))
  const { basic } = form
  const pair = basic && Buffer.from(`${fill(basic.user)}:${fill(basic.password)}`).toString('base64')
  return {
    headers: {
      ...filled(form.headers),
      ...(pair !== undefined && { authorization: new Secret(`Basic ${pair}`) }),
    },
    query: filled(form.query),
  }
}

/** Shorter keys would be given away by a part of them. */
const leastForFingerprint = 16

/** The last four characters of a long key or password; `undefined` for a short one (B089). */
export function fingerprintOf(form: KeyForm, values: Values): string | undefined {
  const secret = values[fieldsOf(form).at(-1) ?? ''] ?? ''
  return secret.length < leastForFingerprint ? undefined : secret.slice(-4)
}

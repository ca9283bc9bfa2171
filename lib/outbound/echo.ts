import { spellingsOf } from '../errors/scrub.ts'
import { fromBase64 } from '../primitives/bytes.ts'
import { likeFetched } from './answer-buffer.ts'
import type { Credentials } from './attempt.ts'

/** On an answer that held a credential of its own call: what was masked. */
const maskedHeader = 'sluice-masked'

/** Shorter texts stand in answers by chance. */
const leastCharacters = 8

/**
 * The answer with the credentials of its own call masked, byte for byte as long as it came: some APIs repeat the request, or
 * hand a token out (B125). Reads the whole body.
 * @throws as reading the body does.
 */
export async function withoutEcho(answer: Response, credentials: Credentials): Promise<Response> {
  const spellings = spellingsIn(credentials)
  const headers = new Headers()
  let masked = false
  for (const [name, value] of answer.headers) {
    const bytes = Buffer.from(value, 'latin1')
    const found = mask(bytes, spellings)
    masked ||= found
    headers.append(name, found ? bytes.toString('latin1') : value)
  }
  const body = answer.body && Buffer.from(await answer.bytes())
  if (body && mask(body, spellings)) masked = true
  if (masked) headers.set(maskedHeader, 'credentials')
  const { status, statusText } = answer
  return likeFetched(new Response(body, { status, statusText, headers }), answer)
}

/** Puts asterisks over every spelling; says whether there was one. */
function mask(bytes: Buffer, spellings: readonly Buffer[]): boolean {
  let found = false
  for (const spelling of spellings) {
    for (let at = bytes.indexOf(spelling); at >= 0; at = bytes.indexOf(spelling, at + spelling.length)) {
      bytes.fill('*', at, at + spelling.length)
      found = true
    }
  }
  return found
}

/** Every secret of a call as texts spell it, the longest first. */
function spellingsIn({ headers, query }: Credentials): readonly Buffer[] {
  const values = [...Object.values(headers), ...Object.values(query)].map((secret) => secret.reveal())
  const texts = [...values, ...values.flatMap(partsOf)]
    .filter((text) => text.length >= leastCharacters)
    .flatMap((text) => [...spellingsOf(text)])
  return [...new Set(texts)].toSorted((a, b) => b.length - a.length).map((text) => Buffer.from(text))
}

/** `Bearer abc` -> `abc`; `Basic …` -> the password too, or the name where that is the key. */
function partsOf(value: string): readonly string[] {
  const [scheme = '', ...words] = value.split(/[\s,;"]+/)
  const parts = words.map((word) => word.replace(/^\w+=(?=.)/, ''))
  if (scheme.toLowerCase() !== 'basic') return parts
  const pair = fromBase64(parts[0] ?? '')?.toString() ?? ''
  const colon = pair.indexOf(':')
  const password = pair.slice(colon + 1)
  return [...parts, pair, password.length >= leastCharacters ? password : pair.slice(0, colon)]
}

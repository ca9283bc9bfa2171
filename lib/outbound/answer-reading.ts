import { readPointer } from '../primitives/json-pointer.ts'
import type { BodyTest, Place } from '../providers/api.ts'

/** An answer as its declaration reads it. */
export interface Reading {
  readonly headers: Headers
  /** The body as text, empty where there is none. */
  readonly text: string
  /** The body as JSON; `undefined` where it is none. */
  readonly json: unknown
}

/** Patterns of the catalog look at no more of a body than this, so that an answer's length costs nothing. */
const patternCharacters = 2_048

export function readingOf(headers: Headers, body: string | undefined): Reading {
  const text = body ?? ''
  let read: { readonly json: unknown } | undefined
  return {
    headers,
    text,
    // A body that nobody asks about is not parsed.
    get json() {
      read ??= { json: parsed(text) }
      return read.json
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Every text at a place, in the order of the document. */
export function textsAt(reading: Reading, place: Place): readonly string[] {
  if ('header' in place) return texts([reading.headers.get(place.header)])
  if ('pointer' in place) return texts(valuesAt(reading.json, place.pointer))
  if ('element' in place) return texts([elementIn(reading.text, place.element)])
  const sources =
    place.in !== undefined
      ? texts([reading.headers.get(place.in)])
      : place.at !== undefined
        ? texts(valuesAt(reading.json, place.at))
        : [reading.text]
  return texts(sources.map((text) => new RegExp(place.pattern, 'i').exec(head(text))?.[1]))
}

/** The first text that any of the places yields. */
export function firstText(reading: Reading, places: readonly Place[] = []): string | undefined {
  for (const place of places) {
    const [text] = textsAt(reading, place)
    if (text !== undefined) return text
  }
  return undefined
}

export function fits(reading: Reading, test: BodyTest): boolean {
  if (test.unless && fits(reading, test.unless)) return false
  if (test.pointer === undefined) return matches(test.pattern, reading.text)
  const values = valuesAt(reading.json, test.pointer).filter((value) => value !== undefined && value !== null)
  if (test.equals !== undefined) return values.includes(test.equals)
  return test.pattern === undefined
    ? values.length > 0
    : texts(values).some((text) => matches(test.pattern, text))
}

/** Whether a pattern of the catalog fits the head of a text, upper or lower case. */
export const matches = (pattern: string | undefined, text: string | undefined): boolean =>
  pattern !== undefined && text !== undefined && new RegExp(pattern, 'i').test(head(text))

const head = (text: string): string => text.trimStart().slice(0, patternCharacters)

const texts = (values: readonly unknown[]): string[] =>
  values.flatMap((value) => {
    if (typeof value === 'number') return Number.isFinite(value) ? [String(value)] : []
    return typeof value === 'string' && value !== '' ? [value] : []
  })

/** The most members of an array that `*` looks at. */
const memberLimit = 100

/** The values that a pointer leads to, `*` standing for every member of an array. */
function valuesAt(document: unknown, pointer: string): readonly unknown[] {
  const star = pointer.indexOf('/*')
  if (star < 0) return [readPointer(document, pointer)]
  const list = readPointer(document, pointer.slice(0, star))
  const rest = pointer.slice(star + 2)
  if (!Array.isArray(list)) return []
  return list.slice(0, memberLimit).flatMap((member: unknown) => valuesAt(member, rest))
}

/** The text of the first element of a name, its five entities undone. No parser: it finds what AWS sends. */
function elementIn(text: string, name: string): string | undefined {
  const start = text.indexOf(`<${name}>`)
  if (start < 0) return undefined
  const from = start + name.length + 2
  const end = text.indexOf('<', from)
  if (end < 0) return undefined
  return text
    .slice(from, Math.min(end, from + patternCharacters))
    .replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity)
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}
